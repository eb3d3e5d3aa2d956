"""What Twilio posts to us: texts, and what became of ours. Verify, one service, answer after the commit."""

import re

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from assistant import clock
from assistant.db import unit_of_work
from assistant.errors import NoClinic
from assistant.faults import reach
from assistant.services import inbound, settling
from assistant.signatures import twilio_signature_valid
from assistant.web import runtime

bp = Blueprint("twilio", __name__, url_prefix="/webhooks/twilio")

_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

# Twilio takes up to ten media a text.
MOST_MEDIA = 10


@bp.before_request
def require_signature() -> None:
    """Refuse anything Twilio did not sign: the signature covers the public URL, not the proxied one."""
    settings = runtime.get().settings
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(403)  # Twilio signs form fields; nothing else can have come from it
    path = request.environ.get("RAW_URI") or request.full_path.removesuffix("?")
    url = settings.public_url + path
    header = request.headers.get("X-Twilio-Signature", "")
    if not twilio_signature_valid(url, list(request.form.items(multi=True)), header, settings.auth_tokens):
        abort(403)


@bp.errorhandler(NoClinic)
@bp.errorhandler(DBAPIError)
def not_stored(_: Exception) -> tuple[str, int]:
    """Never a 200 for what was not stored; Twilio then calls again, and what it gives up on is fetched later."""
    current_app.logger.exception("a Twilio request was not stored")
    return "not stored: call again", 503


@bp.post("/inbound")
def receive_text() -> Response:
    """Store, triage and act on a text; 200 only after the commit: a text we answered for is a text we have."""
    here = runtime.get()
    form = request.form
    sid, sender = form.get("MessageSid", ""), form.get("From", "")
    if not _SID.fullmatch(sid) or not sender:
        abort(400, "MessageSid and From are needed")
    count = form.get("NumMedia", "0")
    media = tuple(
        {"url": form[f"MediaUrl{n}"][:500], "type": form.get(f"MediaContentType{n}", "")[:100]}
        for n in range(min(int(count), MOST_MEDIA) if count.isdecimal() and len(count) <= 2 else 0)
        if f"MediaUrl{n}" in form
    )
    text = inbound.InboundText(
        sid=sid,
        sender=sender[:16],
        to=form.get("To", "")[:16],
        body=inbound.storable(form.get("Body", "")),
        media=media,
    )

    def work(session: Session) -> None:
        inbound.receive(session, here.content, text, clock.now())
        reach("in.pre_commit")

    unit_of_work(here.engine, work)
    reach("in.post_commit")
    return Response(_EMPTY, mimetype="text/xml")


@bp.post("/status")
def report_status() -> Response:
    """Record what became of one of our texts. Unknown and repeated reports are kept and answered alike."""
    here = runtime.get()
    form = request.form
    sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if not _SID.fullmatch(sid) or not status:
        abort(400, "MessageSid and MessageStatus are needed")
    code = form.get("ErrorCode", "")[:16]
    oid = request.args.get("oid", "")[:32] or None

    def work(session: Session) -> None:
        settling.reported(
            session, here.content, oid=oid, sid=sid, status=status, error_code=code or None, now=clock.now()
        )
        reach("cb.pre_commit")

    unit_of_work(here.engine, work)
    return Response(status=204)
