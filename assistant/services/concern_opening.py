"""How a concern comes to be: a reply opens it, adds to it, or raises it, and whoever must is paged."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import Session, col, update

from assistant.models import Clinic, ConcernEventKind, Staff
from assistant.prepared import Prepared
from assistant.rules.escalation import first_page_at, tell_nobody_at
from assistant.rules.states import ConcernStatus
from assistant.rules.verdict import Category, Verdict
from assistant.services import ladder, live_concerns, on_call
from assistant.services.content import Content
from assistant.services.live_concerns import AnyConcern, LiveConcern
from assistant.services.shapes import Colleague, Place

_NEXT_CODE = Prepared(
    update(Clinic)
    .where(col(Clinic.id) == bindparam("clinic_id"))
    .values(last_code=Clinic.last_code + 1)
    .returning(col(Clinic.last_code)),
    int,
)


def open_or_add(
    session: Session,
    content: Content,
    *,
    clinic: Place,
    conversation_id: int,
    live: LiveConcern | None,
    patient_id: int | None,
    message_id: int,
    verdict: Verdict,
    words: str,
    now: datetime,
) -> None:
    """Open a concern for this reply, or add the reply to the one that is ``live``; page whom it must.

    One concern is live per phone number. A reply that makes it severe, or more severe, starts the ladder
    again from its foot, whoever held it: what they promised was promised for less. A further severe reply,
    or a call for a nurse, pages who holds it.
    """
    severity = Category.CONCERN if verdict.category is Category.HELP else verdict.category
    # Our texts say "reply NURSE" for whatever cannot wait, so that word pages at any hour.
    asked_for_nurse = any(finding.rule == ladder.ASKED_FOR_NURSE for finding in verdict.findings)
    findings = verdict.stored_findings()
    wants_no_texts = verdict.details.get("also") == "opt_out"
    if live is None:
        opens = first_page_at(severity, clinic.hours, ZoneInfo(clinic.timezone), now)
        paged_from = now if asked_for_nurse else opens
        any_hour = severity.pages_now or asked_for_nurse
        concern = live_concerns.opened(
            session,
            clinic_id=clinic.id,
            code=_next_code(session, clinic),
            conversation_id=conversation_id,
            patient_id=patient_id,
            severity=severity,
            words=words[:320],
            findings=findings,
            opened_at=now,
            wants_no_texts=wants_no_texts,
            next_page_at=paged_from,
            tell_nobody_at=ladder.in_hours(clinic, tell_nobody_at(severity, paged_from), any_hour=any_hour),
        )
        ladder.record(session, concern, ConcernEventKind.OPENED, now, message_id=message_id, text=words)
        ladder.climb(session, content, concern, clinic, now)
        live_concerns.save(session, concern)
        return
    ladder.record(session, live, ConcernEventKind.ADDED, now, message_id=message_id, text=words)
    worse = severity.severity > live.severity.severity
    live.wants_no_texts = live.wants_no_texts or wants_no_texts
    if worse or severity.pages_now:
        live.words, live.findings = words[:320], findings
    if worse:
        live.severity = severity
    holder = session.get(Staff, live.holder_id) if live.holder_id else None
    if (worse and severity.pages_now) or (holder is not None and not holder.active):
        live.status, live.rung, live.next_page_at = ConcernStatus.OPEN, 0, now
        live.holder_id = live.acknowledged_at = live.call_by = None
        live.tell_nobody_at = tell_nobody_at(live.severity, now)
        paged = ladder.climb(session, content, live, clinic, now)
        if holder is not None and holder.active and holder.id not in paged:
            ladder.page(session, content, live, clinic, holder, now)
    elif holder is not None and (worse or severity.pages_now or asked_for_nurse):
        ladder.page(session, content, live, clinic, holder, now)
    elif live.status is ConcernStatus.OPEN and asked_for_nurse:
        live.next_page_at = now
        ladder.climb(session, content, live, clinic, now)
    live_concerns.save(session, live)


def add_remark(session: Session, live: LiveConcern, *, message_id: int, words: str, now: datetime) -> None:
    """Show an ordinary reply beside the live concern of its number. It raises nothing and pages nobody."""
    ladder.record(session, live, ConcernEventKind.ADDED, now, message_id=message_id, text=words)


def phone_instead(session: Session, content: Content, live: AnyConcern, clinic: Place, now: datetime) -> None:
    """The number can no longer be texted while a concern is live: page whoever is responsible to phone.

    Writing down what changes in the concern is the caller's.
    """
    holder = session.get(Staff, live.holder_id) if live.holder_id else None
    responsible: Colleague | None = holder
    if holder is None or not holder.active:
        responsible = next(iter(on_call.ladder(session, clinic.id)), None)
    if responsible is not None:
        ladder.page(session, content, live, clinic, responsible, now)


def _next_code(session: Session, clinic: Place) -> int:
    code = _NEXT_CODE.first(session, clinic_id=clinic.id)
    assert code is not None  # the caller read the clinic in this transaction
    return code
