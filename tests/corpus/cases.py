"""Reads the labelled messages: ``train/*.txt`` and ``test/*.txt``, in the notation of the README beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.rules.verdict import Asked, Category, Context, SessionContext

HERE = Path(__file__).parent
PROTOCOLS = ("mesotherapy_face", "mesotherapy_body", "mesotherapy_scalp", "mesotherapy_hands_neck", "patch_test")
SEVERE = frozenset({Category.EMERGENCY, Category.URGENT})

_AREAS = {"mesotherapy_hands_neck": ("hands", "neck"), "mesotherapy_scalp": ("scalp",)}
_LONG_SWELLING = {"mesotherapy_body": 21}  # days; the others settle in 5
_HEADING = re.compile(r"## (?P<label>[A-Z_]+) (?P<sign>\w+|-) \| (?P<family>.+)")
_MARKS = r"(?:\[(?:asked|mesotherapy_\w+|patch_test)\]|\{[A-Z_,]+\})*"
_LINE = re.compile(r"(?P<day>\d+|\?)\|(?P<marks>" + _MARKS + r")(?P<text>.*?)(?:  # (?P<why>.*))?")


@dataclass(frozen=True)
class Case:
    """One message, the verdict it should get, and others that are as right."""

    id: str  # file and line
    text: str
    language: str
    label: Category
    accept: frozenset[Category]
    context: Context
    sign: str  # of EMERGENCY and URGENT; else empty
    family: str


def cases(split: str, languages: set[str]) -> Iterator[Case]:
    """Yield the cases of a split (``train`` or ``test``); all languages where none is named.

    Raises ValueError naming the file and line that is not in the notation.
    """
    for path in sorted((HERE / split).glob("*.txt")):
        language = path.name[:2]
        if not languages or language in languages:
            yield from _cases(path, language)


def _cases(path: Path, language: str) -> Iterator[Case]:
    heading = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        place = f"{path.name}:{number}"
        if line.startswith("## "):
            heading = _HEADING.fullmatch(line)
            if heading is None:
                raise ValueError(f"{place}: a heading is '## LABEL sign | family'")
        elif line and (found := _LINE.fullmatch(line)) and heading:
            yield _case(place, language, heading, found)
        elif line:
            raise ValueError(f"{place}: a line is 'day|text' under a heading")


def _case(place: str, language: str, heading: re.Match[str], line: re.Match[str]) -> Case:
    label, marks = Category(heading["label"]), re.findall(r"[\w,]+", line["marks"])
    accept = {Category(name) for mark in marks if mark.isupper() for name in mark.split(",")}
    protocol = next((mark for mark in marks if mark in PROTOCOLS), PROTOCOLS[0])
    day = None if line["day"] == "?" else int(line["day"])
    if (label in SEVERE) != (heading["sign"] != "-"):
        raise ValueError(f"{place}: EMERGENCY and URGENT have a sign, the others '-'")
    return Case(
        id=place,
        text=line["text"],
        language=language,
        label=label,
        accept=frozenset(accept - {label}),
        context=Context(
            language=language,
            sessions=() if day is None else (_session(protocol, day),),
            asked=Asked.BETTER_SAME_WORSE if "asked" in marks else None,
        ),
        sign=heading["sign"].removeprefix("-"),
        family=heading["family"],
    )


def _session(protocol: str, day: int) -> SessionContext:
    return SessionContext(protocol, day, _AREAS.get(protocol, ()), _LONG_SWELLING.get(protocol, 5))
