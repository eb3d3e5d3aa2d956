"""From a session and a next visit to the texts they bring, each with its moment or the reason it has none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from messages.medicines import NSAID_WINDOW
from messages.protocol import OPT_OUT_LINE, Anchor, Asks, LatePolicy, MessageClass, Protocol, Quiet, Step
from messages.quiet import QuietHours, first_instant

__all__ = [
    "NSAID_KEY",
    "OPT_OUT_LINE",
    "PlannedMessage",
    "QuietHours",
    "in_nsaid_window",
    "merge_overlapping",
    "plan",
    "plan_visit",
]

NSAID_KEY = "nsaid"


@dataclass(frozen=True)
class PlannedMessage:
    """One text of a plan. Instants are aware, in UTC.

    ``parts`` are the text keys that make it up, in order; one of another protocol is written
    "protocol.key". With a ``skip_reason`` it is not sent, and ``due_at`` is when it would have been.
    ``also`` is the part that stands for it in the text of a later session.
    """

    key: str
    parts: tuple[str, ...]
    anchor: Anchor
    due_at: datetime
    send_by: datetime
    message_class: MessageClass
    asks: Asks | None
    skip_reason: str | None = None
    safety: bool = False
    subject: str | None = None
    also: str | None = None


def plan(
    protocol: Protocol,
    *,
    session_at: datetime,
    next_visit_at: datetime | None,
    timezone: ZoneInfo,
    quiet: QuietHours,
    now: datetime,
    first_time: bool = True,
    again: bool = False,
) -> list[PlannedMessage]:
    """Return every text that the session, performed at ``session_at``, brings, earliest first.

    ``now`` is when the session is entered. A step whose moment has passed by then is due at once if it
    may be late, and is else returned with the reason. Where the window before the next visit opens on
    the day that a text of ``merge_into`` goes out, its words go with that text. With ``first_time`` the
    first text that is sent says how to opt out. With ``again``, for a patient who has had this treatment
    before, the first words are the shorter ones.
    """
    clock = _Clock(timezone, quiet, now.astimezone(UTC))
    messages = [
        replace(
            _settled(step, _session_due(step, session_at, timezone), clock),
            parts=(step.again_key if again and step.again_key else step.key,),
            also=f"{protocol.id}.{step.also_key}" if step.also_key else None,
        )
        for step in protocol.steps
        if step.anchor is Anchor.SESSION
    ]
    if next_visit_at is not None:
        for step in _visit_steps(protocol):
            message = _visit_message(step, next_visit_at, clock)
            place = _merge_place(step, next_visit_at, messages, timezone)
            if place is None or message.send_by <= messages[place].due_at:
                messages.append(message)
            else:
                late = _day(_opens(step, next_visit_at), timezone) < _day(max(session_at, now), timezone)
                messages[place] = _with_words_of(step, messages[place], late=late)
    messages.sort(key=lambda message: message.due_at)
    return _with_opt_out_line(messages) if first_time else messages


def plan_visit(
    protocol: Protocol,
    *,
    session_at: datetime,
    next_visit_at: datetime,
    timezone: ZoneInfo,
    quiet: QuietHours,
    now: datetime,
    nsaid_told_at: datetime | None,
) -> list[PlannedMessage]:
    """Return the texts of a visit booked or moved at ``now``, earliest first.

    ``nsaid_told_at`` is when the patient was last sent what not to take, None for never. Told inside
    the window of this visit, it is not said again; told for an earlier date, it is said when the new
    window opens, and at once if it is open already. Nothing is sent before ``session_at``.
    """
    clock = _Clock(timezone, quiet, max(now, session_at).astimezone(UTC))
    messages = []
    for step in _visit_steps(protocol):
        message = _visit_message(step, next_visit_at, clock)
        told_at = nsaid_told_at if step.key == NSAID_KEY and message.skip_reason is None else None
        if told_at is not None and told_at >= _opens(step, next_visit_at):
            when = clock.show(told_at)
            message = replace(message, skip_reason=f"already told: {when}, inside the window of this visit")
        messages.append(message)
    return sorted(messages, key=lambda message: message.due_at)


def in_nsaid_window(next_visit_at: datetime, now: datetime) -> bool:
    """Whether the visit is ahead and less than a week (7 x 24 hours) away."""
    return next_visit_at - NSAID_WINDOW <= now < next_visit_at


def merge_overlapping(plans: Sequence[Sequence[PlannedMessage]], *, timezone: ZoneInfo) -> list[list[PlannedMessage]]:
    """Return the plans of one patient's sessions, oldest session first, without what a later one says again.

    A later session ends the check-ins of the earlier ones, and on a day when it sends a text of its own
    their routine texts are not sent. Safety texts and late checks stay, except where a later session
    asks about the same subject on the same day. Of several first texts on one day only the last goes out
    and carries what the others have to say; one that also speaks of a visit goes out by itself. Texts
    about the next visit are left as they are.
    """
    merged = [list(plan) for plan in plans]
    for older in reversed(range(len(merged))):
        _hand_over_first_words(merged, older, timezone)
        later = [message for plan in merged[older + 1 :] for message in plan if _is_course_text(message)]
        merged[older] = [_merged(message, later, timezone) for message in merged[older]]
    return merged


def _hand_over_first_words(plans: list[list[PlannedMessage]], older: int, timezone: ZoneInfo) -> None:
    for place, message in enumerate(plans[older]):
        # Words about a visit are filled in with that visit, so they cannot move to another session's text.
        if message.also is None or message.skip_reason is not None or {*message.parts[1:]} - {OPT_OUT_LINE}:
            continue
        takers = [
            (newer, target)
            for newer in plans[older + 1 :]
            for target, other in enumerate(newer)
            if other.also is not None and other.skip_reason is None and _same_day(message, other, timezone)
        ]
        if takers:
            newer, target = takers[-1]
            said = (newer[target].also, *newer[target].parts)
            added = [part for part in (message.also, *message.parts[1:]) if part not in said]
            newer[target] = replace(newer[target], parts=(*newer[target].parts, *added))
            reason = "merged: the first text of a later session says it too on this day"
            plans[older][place] = replace(message, skip_reason=reason)


def _merged(message: PlannedMessage, later: list[PlannedMessage], timezone: ZoneInfo) -> PlannedMessage:
    if not _is_course_text(message) or not later:
        return message
    same_day = [other for other in later if _same_day(message, other, timezone)]
    if message.safety or message.subject is not None:
        if message.subject is not None and any(other.subject == message.subject for other in same_day):
            return replace(message, skip_reason="merged: a later session asks the same on this day")
        return message
    if message.asks == "better_same_worse" and message.due_at >= min(other.due_at for other in later):
        return replace(message, skip_reason="merged: a later session has its own check-ins")
    if same_day:
        return replace(message, skip_reason="merged: a later session has a text on this day")
    return message


def _same_day(one: PlannedMessage, other: PlannedMessage, timezone: ZoneInfo) -> bool:
    return _day(one.due_at, timezone) == _day(other.due_at, timezone)


def _is_course_text(message: PlannedMessage) -> bool:
    return message.anchor is Anchor.SESSION and message.skip_reason is None


@dataclass(frozen=True)
class _Clock:
    """The patient's zone and quiet hours, and the moment of planning."""

    timezone: ZoneInfo
    quiet: QuietHours
    now: datetime

    def open_for(self, step: Step, at: datetime) -> datetime:
        return at if step.quiet is Quiet.IGNORE else self.quiet.next_open(at, self.timezone)

    def show(self, at: datetime) -> str:
        return f"{at.astimezone(self.timezone):%Y-%m-%d %H:%M}"


def _settled(step: Step, due_at: datetime, clock: _Clock) -> PlannedMessage:
    """Return the step's text at its moment, moved out of quiet hours, or with the reason it cannot be sent."""
    send_by = due_at + timedelta(hours=step.send_by_hours)
    message = PlannedMessage(
        key=step.key,
        parts=(step.key,),
        anchor=step.anchor,
        due_at=due_at,
        send_by=send_by,
        message_class=step.message_class,
        asks=step.asks,
        safety=step.safety,
        subject=step.subject,
    )
    if send_by <= clock.now:
        return replace(message, skip_reason=f"too late: was to be sent by {clock.show(send_by)}")
    opens = clock.open_for(step, due_at)
    if opens < clock.now:
        if step.late is LatePolicy.DROP:
            return replace(message, skip_reason=f"too late: was due {clock.show(opens)}")
        opens = clock.open_for(step, clock.now)
    if opens >= send_by:
        by = clock.show(send_by)
        return replace(message, skip_reason=f"quiet hours: open again {clock.show(opens)}, to be sent by {by}")
    return replace(message, due_at=opens)


def _visit_message(step: Step, next_visit_at: datetime, clock: _Clock) -> PlannedMessage:
    opens = _opens(step, next_visit_at)
    message = _settled(step, opens, clock)
    if opens < clock.now and step.late_key is not None:
        return replace(message, parts=(step.late_key,), asks=step.late_asks)
    return message


def _with_words_of(step: Step, message: PlannedMessage, *, late: bool) -> PlannedMessage:
    key, asks = (step.late_key, step.late_asks) if late and step.late_key else (step.key, step.asks)
    return replace(message, parts=(*message.parts, key), asks=asks or message.asks)


def _merge_place(step: Step, next_visit_at: datetime, messages: list[PlannedMessage], timezone: ZoneInfo) -> int | None:
    """Return which of ``messages`` the step's words go with, None if it goes out on its own."""
    opens_on = _day(_opens(step, next_visit_at), timezone)
    for place, message in enumerate(messages):
        if message.key == step.merge_into and message.skip_reason is None:
            return place if opens_on <= _day(message.due_at, timezone) else None
    return None


def _with_opt_out_line(messages: list[PlannedMessage]) -> list[PlannedMessage]:
    for place, message in enumerate(messages):
        if message.skip_reason is None:
            first = replace(message, parts=(*message.parts, OPT_OUT_LINE))
            return [*messages[:place], first, *messages[place + 1 :]]
    return messages


def _session_due(step: Step, session_at: datetime, timezone: ZoneInfo) -> datetime:
    if step.day is None or step.at is None:
        return session_at.astimezone(UTC) + timedelta(hours=step.after_hours or 0)
    # Days are counted on the patient's calendar, so that 10:00 stays 10:00 through a clock change.
    return first_instant(_day(session_at, timezone) + timedelta(days=step.day), step.at, timezone)


def _visit_steps(protocol: Protocol) -> Iterable[Step]:
    return (step for step in protocol.steps if step.anchor is Anchor.NEXT_VISIT)


def _opens(step: Step, next_visit_at: datetime) -> datetime:
    return next_visit_at.astimezone(UTC) - timedelta(hours=step.before_hours or 0)


def _day(at: datetime, timezone: ZoneInfo) -> date:
    return at.astimezone(timezone).date()
