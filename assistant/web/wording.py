"""Instants, waits, numbers, statuses and events in the words that staff read. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

from assistant.models import ConcernEventKind
from assistant.rules.states import MessageStatus
from assistant.services.threads import Event

# Never "delivered" for what the provider only took, never "read" for what only reached a phone.
STATUS = {
    MessageStatus.QUEUED: "waiting to be sent",
    MessageStatus.SENDING: "being sent",
    MessageStatus.IN_DOUBT: "not known whether it went out",
    MessageStatus.ACCEPTED: "taken by the text provider",
    MessageStatus.SENT: "handed to the phone company",
    MessageStatus.DELIVERED: "reached the phone",
    MessageStatus.READ: "read",
    MessageStatus.UNDELIVERED: "did not reach the phone",
    MessageStatus.FAILED: "could not be sent",
    MessageStatus.CANCELED: "withdrawn",
    MessageStatus.SKIPPED: "not sent",
    MessageStatus.RECEIVED: "received",
}

# How a concern ends. "No answer" is not among them: a patient nobody reached is still waiting.
OUTCOMES = {
    "reassured": "Called: reassured",
    "seen": "Seen in clinic",
    "emergency_care": "Sent to emergency care",
    "wrong_number": "Wrong number",
    "other": "Other",
}

_TOLD = {
    "page_accepted": "that a nurse has been paged",
    "nobody_yet": "that nobody has read it yet, and whom to phone",
    "acknowledged": "who has read it and by when they will call",
    "handed_over": "that somebody else will take over",
    "call_overdue": "that the call is late, and whom to phone",
    "resolved": "that it is closed, and how to write again",
}


def clock(moment: datetime, timezone: str, now: datetime) -> str:
    """``18:42`` if that is today there, otherwise with the day: ``Sun 22 Nov 18:42``."""
    zone = ZoneInfo(timezone)
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M}" if local.year == today.year else f"{local:%d %b %Y %H:%M}"


def span(length: timedelta) -> str:
    """``under 1 min``, ``12 min``, ``1 h 05 min``, ``5 h``, ``2 days``: as exact as it matters."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 120:
        return f"1 h {minutes - 60:02} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def phone(number: str, *, whole: bool = True) -> str:
    """The number as people write it across borders; its last four digits for who need not phone."""
    if not whole:
        return f"•••• {number[-4:]}"
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number  # a short code, or letters
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def marked(body: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """Cut ``body`` into stretches, those that are one of ``words`` marked True. Nothing is left out."""
    folded = body.lower()
    if len(folded) != len(body):
        return [(body, False)]  # a letter that grows when it is lowered; offsets would not fit
    hit = [False] * len(body)
    for word in words:
        at = folded.find(word.lower()) if word else -1
        while at >= 0:
            hit[at : at + len(word)] = [True] * len(word)
            at = folded.find(word.lower(), at + len(word))
    pieces: list[tuple[str, bool]] = []
    for character, is_hit in zip(body, hit, strict=True):
        if pieces and pieces[-1][1] is is_hit:
            pieces[-1] = (pieces[-1][0] + character, is_hit)
        else:
            pieces.append((character, is_hit))
    return pieces


def event(line: Event) -> str:
    """A line of a concern's history as a sentence, without its time."""
    who = line.who or "Somebody"
    status = f": {STATUS[line.status]}" if line.status else ""
    match line.kind:
        case ConcernEventKind.OPENED:
            return "Opened by the patient's text"
        case ConcernEventKind.ADDED:
            return "The patient wrote again"
        case ConcernEventKind.PAGED:
            return f"Page to {who}{status}"
        case ConcernEventKind.PAGE_FAILED:
            return f"The page to {who} did not get through"
        case ConcernEventKind.ACKNOWLEDGED:
            return f"{who} has it"
        case ConcernEventKind.PASSED_ON:
            return f"{who} passed it on"
        case ConcernEventKind.OVERDUE:
            return f"{who} had promised to call by now; back to the ladder"
        case ConcernEventKind.TOLD:
            return f"Text to the patient {_TOLD.get(line.text, '')}{status}"
        case ConcernEventKind.REPLIED:
            return f"{who} wrote to the patient{status}"
        case ConcernEventKind.NOTE:
            return f"Note by {who}"
        case ConcernEventKind.RESOLVED:
            return f"{who} closed it"


def event_text(line: Event) -> str:
    """The words that belong below an event's sentence; empty where they would only repeat it."""
    coded = (ConcernEventKind.PAGED, ConcernEventKind.TOLD)
    return "" if line.kind in coded else line.text
