"""Reads a body as one JSON object, and refuses what two readers could understand in two ways."""

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from assistant.errors import Invalid, Problem

WHOLE = "body"  # the field that a problem of the whole body is named under

# The contract nests three levels; anything far deeper is an attack on the reader.
MAX_DEPTH = 20

# Numbers are no part of the contract; one this long is an attack on whoever turns it into an integer.
_MAX_DIGITS = 20

# Marks that turn the direction of what follows: they make a text look like another one.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# A string (whose end may be missing), or a bracket outside of one.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


class _Object(dict[str, Any]):
    """A JSON object that remembers the names it was given twice."""

    repeated: tuple[str, ...] = ()


def read_object(body: bytes) -> tuple[dict[str, Any], list[Problem]]:
    """Return the object in ``body``, and what is wrong with the characters and names of single fields.

    Raises Invalid where there is no one object to look at.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(f"is not UTF-8 (byte {error.start}): send it in UTF-8") from None
    if _depth(text) > MAX_DEPTH:
        raise _refused(f"is nested deeper than {MAX_DEPTH} levels: send the fields of the contract only")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _refused(f"is not JSON ({error.msg}, {where}): send one JSON object") from None
    except _OddNumberError as error:
        raise _refused(f"{error}: write it as text in quotation marks") from None
    if not isinstance(value, dict):
        raise _refused("is not an object: send one JSON object in braces")
    problems = list(_odd(value, ""))
    return (_encodable(value) if problems else value), problems


class _OddNumberError(Exception):
    """A number that cannot be read the same way everywhere."""


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        made.repeated = tuple(name for name in made if names.count(name) > 1)
    return made


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _OddNumberError(f"has a number of {len(digits)} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _OddNumberError("has a number that is too large")
    return value


def _constant(name: str) -> float:
    raise _OddNumberError(f"has {name}, which is not JSON")


def _depth(text: str) -> int:
    """Return how many brackets are open at most: counted before parsing, because the parser recurses."""
    deepest = depth = 0
    for found in _BRACKETS.finditer(text):
        if found.group() in ("{", "["):
            depth += 1
            deepest = max(deepest, depth)
        elif found.group() in ("}", "]"):
            depth -= 1
    return deepest


def _odd(value: Any, path: str) -> Iterator[Problem]:
    """Yield what no field may hold, wherever it is."""
    if isinstance(value, _Object):
        for name in value.repeated:
            yield Problem(_named(_join(path, name)), "is given twice: give it once")
        for name, inner in value.items():
            if _unprintable(name):
                yield Problem(path or WHOLE, "has a name with a character that cannot be printed: correct it")
            else:
                yield from _odd(inner, _join(path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _odd(inner, _join(path, str(place)))
    elif isinstance(value, str) and (character := _unprintable(value)):
        yield Problem(_named(path), f"has the character U+{ord(character):04X}, which cannot be printed: remove it")


def _unprintable(text: str) -> str | None:
    """Return the first control character, lone surrogate or turning mark."""
    return next((c for c in text if unicodedata.category(c) in ("Cc", "Cs") or c in _TURNING), None)


def _encodable(value: Any) -> Any:
    """Return the value with "?" for lone surrogates, which nothing that reads on can take, and without odd names."""
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items() if not _unprintable(name)}
    if isinstance(value, list):
        return [_encodable(inner) for inner in value]
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _named(path: str) -> str:
    return str(_encodable(path[:120]))


def _refused(problem: str) -> Invalid:
    return Invalid([Problem(WHOLE, problem)])
