"""What the booking system posts to us. Verify, one service, answer after the commit."""

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from assistant import clock
from assistant.db import unit_of_work
from assistant.errors import Conflict, Invalid
from assistant.faults import reach
from assistant.services import enrolment
from assistant.services.content import Content
from assistant.services.enrolment import Applied
from assistant.signatures import sessions_signature_valid
from assistant.web import runtime

bp = Blueprint("sessions", __name__, url_prefix="/webhooks")

# An event is 2 kB. The application's own limit is for forms, and higher.
MAX_BODY_BYTES = 32 * 1024

# Whoever cannot sign learns nothing from the answer: not what was wrong, nor that a secret is not set.
_UNSIGNED = {"error": "the Aftercare-Signature header is missing, wrong, or older than 5 minutes"}


@bp.post("/sessions")
def receive_event() -> tuple[Response, int]:
    """Do what the event says; 201 only after the commit, 200 with the first answer for a repeat."""
    here = runtime.get()
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return jsonify(error=f"the body is larger than {MAX_BODY_BYTES} bytes"), 413
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY_BYTES:  # sent in chunks, without saying its length
        return jsonify(error=f"the body is larger than {MAX_BODY_BYTES} bytes"), 413
    header = request.headers.get("Aftercare-Signature")
    secret = here.settings.sessions_webhook_secret.get_secret_value()
    if not sessions_signature_valid(header, body, secret, clock.now()):
        return jsonify(_UNSIGNED), 401
    if request.mimetype != "application/json":
        return jsonify(error="send the event as application/json"), 415
    try:
        applied = unit_of_work(here.engine, lambda session: _apply(session, here.content, body))
    except Invalid as invalid:
        return jsonify(errors=[{"field": one.field, "problem": one.problem} for one in invalid.problems]), 422
    except Conflict as conflict:
        return jsonify(error=str(conflict)), 409
    except DBAPIError:
        current_app.logger.exception("a session event was not stored")
        return jsonify(error="the event was not stored: send it again"), 503
    reach("enrol.post_commit")
    return jsonify(applied.answer), 201 if applied.created else 200


def _apply(session: Session, content: Content, body: bytes) -> Applied:
    applied = enrolment.receive(session, content, body, clock.now())
    reach("enrol.pre_commit")
    return applied
