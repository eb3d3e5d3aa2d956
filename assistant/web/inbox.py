"""The first page: what waits for a human, and who wrote."""

from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot
from assistant.rules.states import ConcernStatus
from assistant.services import alarms, conversations, inbox
from assistant.services.conversations import Cursor
from assistant.web import auth, live, runtime

bp = Blueprint("inbox", __name__)

_FILTERS = {"waiting": ConcernStatus.OPEN, "acknowledged": ConcernStatus.ACKNOWLEDGED}


@bp.get("/")
def home() -> AnyResponse:
    return redirect(url_for("inbox.show"))


@bp.get("/inbox")
def show() -> str:
    """The board, and a page of conversations."""
    with snapshot(runtime.get().engine) as session:
        parts = _parts(session)
    return render_template("inbox.html", parts=parts, search=_search(), show=request.args.get("show", ""))


@bp.get("/inbox/live", endpoint="live")
def show_changes() -> Response:
    """What has changed since the page was rendered."""
    since = live.event_in(request.args.get("since", ""))
    with snapshot(runtime.get().engine) as session:
        parts = _parts(session)
        news = inbox.news(session, auth.clinic_ids(), since) if since is not None and since < parts.event else ()
    return live.answer(parts, news)


def _parts(session: Session) -> live.Parts:
    content, clinic_ids, now = runtime.get().content, auth.clinic_ids(), clock.now()
    chosen = request.args.get("show", "")
    counts = inbox.counts(session, clinic_ids)
    board = inbox.board(session, content, clinic_ids, now, _FILTERS.get(chosen))
    page = conversations.listed(session, clinic_ids, after=_after(), unread_only=chosen == "unread", search=_search())
    alarm = alarms.alarms(session, content, clinic_ids, now)
    many = len(clinic_ids) > 1
    zone = conversations.timezone(session, clinic_ids[0]) if clinic_ids else "UTC"
    return live.Parts(
        title=f"({counts.waiting}) Inbox" if counts.waiting else "Inbox",
        html={
            "board": render_template(
                "_board.html", alarms=alarm, counts=counts, rows=board, show=chosen, many=many, now=now, zone=zone
            ),
            "conversations": render_template(
                "_conversations.html", page=page, many=many, now=now, show=chosen, search=_search()
            ),
        },
        event=inbox.last_event(session, clinic_ids),
    )


def _search() -> str:
    return request.args.get("q", "").strip()[:80].replace("\x00", "")


def _after() -> Cursor | None:
    """The place in the list that the address names; the beginning if it names none."""
    microseconds, _, row = request.args.get("after", "").partition("-")
    if not (microseconds.isdecimal() and row.isdecimal() and len(microseconds) < 18 and len(row) < 10):
        return None
    seconds, rest = divmod(int(microseconds), 1_000_000)
    try:
        return Cursor(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), int(row))
    except (OverflowError, ValueError):
        return None


def place(cursor: Cursor) -> str:
    """How an address names a place in the list."""
    seconds = int(cursor.last_at.replace(microsecond=0).timestamp())
    return f"{seconds * 1_000_000 + cursor.last_at.microsecond}-{cursor.id}"
