"""One patient: treatments, visits, consent, what was said and what will be."""

from flask import Blueprint, Response, render_template
from sqlmodel import Session

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.models import Patient
from assistant.services import audit, conversations, patient_file, threads
from assistant.web import auth, live, runtime
from assistant.web.conversations import thread_parts

bp = Blueprint("patients", __name__, url_prefix="/patients")


@bp.get("/<row:patient_id>")
def show(patient_id: int) -> str:
    """The whole file. That somebody looked is recorded."""
    here, now = runtime.get(), clock.now()
    with transaction(here.engine) as session:
        patient = auth.own_clinic_or_404(session.get(Patient, patient_id))
        audit.record(
            session,
            action="patient.seen",
            now=now,
            staff=auth.me(),
            clinic_id=patient.clinic_id,
            patient_id=patient.id,
        )
    with snapshot(here.engine) as session:
        found, parts = _read(session, patient_id)
        conversation = found.conversation
        concern_id = conversations.live_concern_id(session, conversation.id) if conversation else None
        coming = patient_file.next_up(session, runtime.get().content, [patient_id], now)
    return render_template("patient.html", file=found, parts=parts, coming=coming, concern_id=concern_id, now=now)


@bp.get("/<row:patient_id>/live", endpoint="live")
def show_changes(patient_id: int) -> Response:
    """What was said since the page was rendered."""
    with snapshot(runtime.get().engine) as session:
        _, parts = _read(session, patient_id)
    return live.answer(parts)


def _read(session: Session, patient_id: int) -> tuple[patient_file.PatientFile, live.Parts]:
    now = clock.now()
    patient = auth.own_clinic_or_404(session.get(Patient, patient_id))
    found = patient_file.patient_file(session, runtime.get().content, patient, now)
    if found.conversation is None:
        return found, live.of(patient.name, {"thread": ""})
    thread = threads.thread(session, found.conversation.id, now)
    return found, thread_parts(thread, found.conversation, found.clinic)
