"""What a change of the content changes, step by step, in lines that a clinician can read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from messages.edition import Edition

_WHEN = ("anchor", "after_hours", "day", "at", "before_hours")
_WORDS_AROUND = 2  # unchanged words shown on each side of a change
_TEXT_KEYS = ("key", "again_key", "also_key", "late_key")


class Kind(StrEnum):
    """What about a step or a text is other than before."""

    ADDED = "added"
    REMOVED = "removed"
    WORDS = "words"
    TIME = "time"  # when it is due
    SEND_BY = "send by"  # until when it is still right
    CLASS = "class"  # what is done when nobody knows whether it went out
    RULE = "rule"  # any other entry of the protocol


@dataclass(frozen=True)
class Change:
    """One difference. ``key`` is the step's or the text's, "protocol" for what holds for all steps.

    ``before`` and ``after`` are whole texts, or timing in words; None where there is none.
    """

    key: str
    kind: Kind
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.kind is Kind.ADDED:
            return f"{self.key}: added: {self.after}"
        if self.kind is Kind.REMOVED:
            return f"{self.key}: removed: {self.before}"
        if self.kind is Kind.WORDS and self.before is not None and self.after is not None:
            return f"{self.key}: words: {'; '.join(_stretches(self.before, self.after))}"
        return f"{self.key}: {self.kind}: {self.before or 'none'} -> {self.after or 'none'}"


def diff(old: Edition | None, new: Edition | None) -> list[Change]:
    """Return what is different in ``new``, in the order of its steps; None is an edition that is not there.

    An edition of the same wording and timing gives nothing, whatever its version.
    """
    before, after = _steps(old), _steps(new)
    changes = list(_of_protocol(old, new))
    told: set[str] = set()
    for key in dict.fromkeys((*after, *before)):
        was, becomes = before.get(key), after.get(key)
        if was is None or becomes is None:
            changes.append(_whole_step(key, was, becomes))
        else:
            changes += _of_step(key, was, becomes)
        texts = _texts_of(was or {}) + _texts_of(becomes or {})
        changes += _words(old, new, (text for text in dict.fromkeys(texts) if text not in told))
        told.update(texts)
    texts = [text for edition in (new, old) if edition is not None for text in edition.texts]
    changes += _words(old, new, (text for text in dict.fromkeys(texts) if text not in told))
    return changes


def _steps(edition: Edition | None) -> dict[str, Mapping[str, Any]]:
    if edition is None or edition.timing is None:
        return {}
    return {step["key"]: step for step in edition.timing["steps"]}


def _texts_of(step: Mapping[str, Any]) -> list[str]:
    return [step[name] for name in _TEXT_KEYS if name in step]


def _of_protocol(old: Edition | None, new: Edition | None) -> Iterator[Change]:
    if old is None or new is None:
        return
    before, after = dict(old.timing or {}), dict(new.timing or {})
    for name in dict.fromkeys((*after, *before)):
        if name != "steps" and before.get(name) != after.get(name):
            yield Change("protocol", Kind.RULE, _entry(name, before), _entry(name, after))


def _whole_step(key: str, was: Mapping[str, Any] | None, becomes: Mapping[str, Any] | None) -> Change:
    if becomes is not None:
        return Change(key, Kind.ADDED, None, _summary(becomes))
    return Change(key, Kind.REMOVED, _summary(was or {}), None)


def _of_step(key: str, was: Mapping[str, Any], becomes: Mapping[str, Any]) -> Iterator[Change]:
    if [was.get(name) for name in _WHEN] != [becomes.get(name) for name in _WHEN]:
        yield Change(key, Kind.TIME, _when(was), _when(becomes))
    for name in dict.fromkeys((*becomes, *was)):
        if name in _WHEN or was.get(name) == becomes.get(name):
            continue
        if name == "send_by_hours":
            yield Change(key, Kind.SEND_BY, f"within {_hours(was[name])}", f"within {_hours(becomes[name])}")
        elif name == "message_class":
            yield Change(key, Kind.CLASS, was[name], becomes[name])
        else:
            yield Change(key, Kind.RULE, _entry(name, was), _entry(name, becomes))


def _words(old: Edition | None, new: Edition | None, keys: Iterable[str]) -> Iterator[Change]:
    for key in keys:
        before = old.texts.get(key) if old is not None else None
        after = new.texts.get(key) if new is not None else None
        if before == after:
            continue
        if before is None:
            yield Change(key, Kind.ADDED, None, f'"{after}"')
        elif after is None:
            yield Change(key, Kind.REMOVED, f'"{before}"', None)
        else:
            yield Change(key, Kind.WORDS, before, after)


def _entry(name: str, entries: Mapping[str, Any]) -> str:
    return f"{name} {entries[name]}" if name in entries else f"no {name}"


def _summary(step: Mapping[str, Any]) -> str:
    return f"a step, {_when(step)}, to be sent within {_hours(step['send_by_hours'])}, {step['message_class']}"


def _when(step: Mapping[str, Any]) -> str:
    if "before_hours" in step:
        return f"{_hours(step['before_hours'])} before the next visit"
    if "after_hours" in step:
        return f"{_hours(step['after_hours'])} after the session"
    return f"day {step['day']} at {step['at'][:5]}"


def _hours(hours: float) -> str:
    """Return a length of time as people say it: "1 h 05 min", "22 h", "7 days"."""
    whole, minutes = divmod(round(hours * 60), 60)
    if minutes:
        return f"{whole} h {minutes:02} min" if whole else f"{minutes} min"
    return f"{whole // 24} days" if whole >= 48 and whole % 24 == 0 else f"{whole} h"


def _stretches(before: str, after: str) -> Iterator[str]:
    """Yield each changed stretch with a few words around it: '"gone by today." -> "gone by tomorrow."'."""
    old, new = before.split(), after.split()
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_WORDS_AROUND):
        first, last = group[0], group[-1]
        yield f'"{" ".join(old[first[1] : last[2]])}" -> "{" ".join(new[first[3] : last[4]])}"'
