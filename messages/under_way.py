"""What a change of the content would do to texts that are planned and have not gone out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from messages.edition import Edition
from messages.plan import OPT_OUT_LINE, PlannedMessage, plan, plan_visit
from messages.protocol import Anchor, Protocol
from messages.quiet import QuietHours

Editions = Mapping[tuple[str, str], Edition]  # (name, language)


@dataclass(frozen=True)
class Course:
    """A session with texts under way, and all that its plan depends on.

    ``visit_at`` is of the visit whose words are in it or, with ``of_visit``, whose texts these are.
    """

    patient_id: int
    session_id: int
    protocol: str
    language: str
    session_at: datetime
    visit_at: datetime | None
    of_visit: bool
    again: bool  # the patient had this treatment before
    timezone: ZoneInfo
    quiet: QuietHours

    @property
    def edition(self) -> tuple[str, str]:
        return self.protocol, self.language


@dataclass(frozen=True)
class Waiting:
    """A planned text in the outbox; ``planned_at`` is when its row was written."""

    message_id: int
    key: str
    course: Course
    planned_at: datetime
    says_how_to_opt_out: bool = False


@dataclass(frozen=True)
class Effect:
    """Which waiting texts, by id, would be other than they are if they were planned anew.

    A text that moves and changes its words is in both. ``added`` are (session id, key) of new texts that
    are still to come; that a later session of the same patient might replace one is not considered.
    """

    words: tuple[int, ...]
    moved: tuple[int, ...]
    dropped: tuple[int, ...]
    added: tuple[tuple[int, str], ...]
    patients: int  # how many patients any of it concerns


def effect(waiting: Sequence[Waiting], old: Editions, new: Editions, now: datetime) -> Effect:
    """Return what would become of ``waiting``, planned with ``old``, if they were planned with ``new`` at ``now``."""
    before, after = _Plans(old), _Plans(new)
    words, moved, dropped = [], [], []
    concerned = set()
    for text in waiting:
        was = before.find(text.course, text.key, text.planned_at)
        if was is None:
            continue  # planned with content from before the one it is compared with
        becomes = after.find(text.course, text.key, text.planned_at)
        if becomes is not None and (becomes.due_at, becomes.send_by) != (was.due_at, was.send_by):
            becomes = after.find(text.course, text.key, now)
        is_dropped = becomes is None or (becomes.skip_reason is not None and was.skip_reason is None)
        if becomes is None or is_dropped:
            dropped.append(text.message_id)
            concerned.add(text.course.patient_id)
            continue
        moves, other_words = becomes.due_at != was.due_at, before.said(was, text) != after.said(becomes, text)
        moved += [text.message_id] if moves else []
        words += [text.message_id] if other_words else []
        if moves or other_words:
            concerned.add(text.course.patient_id)
    added = {
        (course.session_id, key): course.patient_id
        for course in dict.fromkeys(text.course for text in waiting)
        for key in _new_keys(before, after, course, now)
    }
    concerned.update(added.values())
    return Effect(tuple(words), tuple(moved), tuple(dropped), tuple(added), len(concerned))


class _Plans:
    """The plans that one set of editions gives, each made once."""

    def __init__(self, editions: Editions) -> None:
        self._editions = editions
        self._made: dict[tuple[Course, datetime], dict[str, PlannedMessage]] = {}

    def of(self, course: Course, now: datetime) -> dict[str, PlannedMessage]:
        """Return the course's texts by key, as planned at ``now``; none where there is no such edition."""
        made = self._made.get((course, now))
        if made is None:
            protocol = self.protocol(course)
            made = {one.key: one for one in _plan(protocol, course, now)} if protocol is not None else {}
            self._made[course, now] = made
        return made

    def find(self, course: Course, key: str, now: datetime) -> PlannedMessage | None:
        return self.of(course, now).get(key)

    def protocol(self, course: Course) -> Protocol | None:
        edition = self._editions.get(course.edition)
        return edition.protocol if edition is not None else None

    def said(self, planned: PlannedMessage, text: Waiting) -> list[str | None]:
        """Return the words of a planned text, part by part."""
        parts = (*planned.parts, OPT_OUT_LINE) if text.says_how_to_opt_out else planned.parts
        return [self._editions[text.course.edition].texts.get(part) for part in parts]


def _plan(protocol: Protocol, course: Course, now: datetime) -> list[PlannedMessage]:
    if course.of_visit and course.visit_at is not None:
        return plan_visit(
            protocol,
            session_at=course.session_at,
            next_visit_at=course.visit_at,
            timezone=course.timezone,
            quiet=course.quiet,
            now=now,
            nsaid_told_at=None,
        )
    return plan(
        protocol,
        session_at=course.session_at,
        next_visit_at=course.visit_at,
        timezone=course.timezone,
        quiet=course.quiet,
        now=now,
        first_time=False,
        again=course.again,
    )


def _new_keys(before: _Plans, after: _Plans, course: Course, now: datetime) -> Iterator[str]:
    protocol = before.protocol(course)
    if protocol is None:
        return
    known = {step.key for step in protocol.steps}
    anchor = Anchor.NEXT_VISIT if course.of_visit else Anchor.SESSION
    for one in after.of(course, now).values():
        if one.key not in known and one.anchor is anchor and one.skip_reason is None:
            yield one.key
