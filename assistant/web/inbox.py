"""The first page: what waits for a human, and who wrote."""

from dataclasses import dataclass
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
        parts = _parts(session, _state(session))
    return render_template("inbox.html", parts=parts)


@bp.get("/inbox/live", endpoint="live")
def show_changes() -> Response:
    """What has changed since the page was rendered. Asked by every open browser, so no news must be cheap."""
    since = request.args.get("since", "")
    with snapshot(runtime.get().engine) as session:
        state = _state(session)
        if state.cursor == since:
            return Response(status=204)
        parts, told = _parts(session, state), live.event_in(since)
        news = inbox.news(session, auth.clinic_ids(), told) if told is not None and told < state.event else ()
    return live.answer(parts, news)


@bp.post("/inbox/find")
def find() -> str:
    """The conversations of a name or a number. Posted, so that no name stands in an address or a proxy's log."""
    search = request.form.get("q", "").replace("\x00", "").strip()[:80]
    with snapshot(runtime.get().engine) as session:
        page = conversations.listed(session, auth.clinic_ids(), search=search)
    return render_template("found.html", page=page, search=search, many=len(auth.clinic_ids()) > 1, now=clock.now())


@dataclass(frozen=True)
class _State:
    """Everything that changes the page, save for a text's status, which is up to a minute behind."""

    counts: inbox.Counts
    alarms: alarms.Alarms
    event: int
    written_at: datetime | None
    minute: str

    @property
    def cursor(self) -> str:
        return f"{self.event}-{live.digest(repr(self))}"


def _state(session: Session) -> _State:
    clinic_ids, now = auth.clinic_ids(), clock.now()
    return _State(
        counts=inbox.counts(session, clinic_ids),
        alarms=alarms.alarms(session, runtime.get().content, clinic_ids, now),
        event=inbox.last_event(session, clinic_ids),
        written_at=conversations.last_written_at(session, clinic_ids),
        minute=f"{now:%d %H:%M}",  # waits and deadlines are shown in minutes
    )


def _parts(session: Session, state: _State) -> live.Parts:
    content, clinic_ids, now = runtime.get().content, auth.clinic_ids(), clock.now()
    chosen = request.args.get("show", "")
    context = {
        "counts": state.counts,
        "alarms": state.alarms,
        "rows": inbox.board(session, content, clinic_ids, now, _FILTERS.get(chosen)),
        "page": conversations.listed(session, clinic_ids, after=_after(), unread_only=chosen == "unread"),
        "zone": conversations.timezone(session, clinic_ids[0]) if clinic_ids else "UTC",
        "many": len(clinic_ids) > 1,
        "show": chosen,
        "now": now,
    }
    return live.Parts(
        title=f"({state.counts.waiting}) Inbox" if state.counts.waiting else "Inbox",
        html={
            "board": render_template("_board.html", **context),
            "conversations": render_template("_conversations.html", **context),
        },
        cursor=state.cursor,
    )


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
