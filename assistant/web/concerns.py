"""One concern: read it, take it, pass it on, answer it, close it."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot, transaction, unit_of_work
from assistant.models import Concern, ConcernEventKind, Conversation
from assistant.rules.states import ConcernStatus
from assistant.services import audit, cases, concerns, conversations, ladder, texts, threads
from assistant.services.concerns import Answer, Outcome
from assistant.web import auth, live, runtime, wording

bp = Blueprint("concerns", __name__, url_prefix="/concerns")

_DONE = {
    "acknowledge": "Yours. The patient is told that you will call by {call_by}.",
    "pass_on": "Passed on: {staff} is paged now.",
    "reply": "Your text is on its way. You will see here whether it reached the phone.",
    "resolve": "Closed. The patient is told.",
}
_DONE_UNTOLD = {
    **_DONE,
    "acknowledge": "Yours. The patient has opted out of texts and was told nothing: phone them by {call_by}.",
    "resolve": "Closed. The patient has opted out of texts and was told nothing.",
}
_REFUSED = {
    Answer.TAKEN: "{staff} has it already, since {taken_at}. Nothing was changed.",
    Answer.CLOSED: "{staff} closed it at {closed_at}. Nothing was changed.",
    Answer.NOBODY_ELSE: "There is nobody else on the ladder to pass it on to. It stays as it is.",
    Answer.OPTED_OUT: "The patient has opted out of texts, so it was not sent. Phone them.",
}
_NO_ANSWER = "Phoned the patient: no answer"


@bp.get("/<row:concern_id>")
def show(concern_id: int) -> str:
    """The whole concern. That somebody looked is recorded."""
    now = clock.now()
    with transaction(runtime.get().engine) as session:
        concern = auth.own_clinic_or_404(session.get(Concern, concern_id))
        _record(session, "concern.seen", concern, now)
        if auth.may_act():
            conversations.mark_read(session, concern.conversation_id)
    return _page(concern_id)


@bp.get("/<row:concern_id>/live", endpoint="live")
def show_changes(concern_id: int) -> Response:
    """What has changed since the page was rendered; never the forms that somebody may be filling in."""
    return live.answer(_parts(_read(concern_id)))


@bp.post("/<row:concern_id>/acknowledge")
@auth.signed_in(*auth.ACTING)
def acknowledge(concern_id: int) -> AnyResponse:
    """Take it: the ladder stops and the patient is told who calls by when."""
    return _act(
        concern_id,
        "acknowledge",
        lambda session, concern, now: concerns.acknowledge(session, runtime.get().content, concern, auth.me(), now),
    )


@bp.post("/<row:concern_id>/pass-on")
@auth.signed_in(*auth.ACTING)
def pass_on(concern_id: int) -> AnyResponse:
    """Hand it to the next person, who is paged at once."""
    return _act(
        concern_id,
        "pass_on",
        lambda session, concern, now: concerns.pass_on(session, runtime.get().content, concern, auth.me(), now),
    )


@bp.post("/<row:concern_id>/reply")
@auth.signed_in(*auth.ACTING)
def reply(concern_id: int) -> AnyResponse:
    """Text the patient; what was typed stays in the box if it could not be sent."""
    typed = typed_text()
    problem = text_problem(typed)
    if problem:
        return Response(_page(concern_id, typed=typed, problem=problem), 422)

    def send(session: Session, concern: Concern, now: datetime) -> Outcome:
        if threads.said_just_now(session, concern.conversation_id, auth.me(), typed, now):
            return Outcome(Answer.DONE, concern, auth.me())
        return concerns.reply(session, runtime.get().content, concern, auth.me(), typed, now)

    return _act(concern_id, "reply", send, typed=typed)


@bp.post("/<row:concern_id>/resolve")
@auth.signed_in(*auth.ACTING)
def resolve(concern_id: int) -> AnyResponse:
    """Close it with what was done."""
    chosen, note = request.form.get("outcome", ""), typed_text("note")
    if chosen not in wording.OUTCOMES:
        return Response(_page(concern_id, note=note, resolve_problem="Choose what was done."), 422)
    if chosen == "other" and not note:
        return Response(_page(concern_id, chosen=chosen, resolve_problem="Say in the note what was done."), 422)
    return _act(
        concern_id,
        "resolve",
        lambda session, concern, now: concerns.resolve(
            session, runtime.get().content, concern, auth.me(), now, note=note, outcome=chosen
        ),
    )


@bp.post("/<row:concern_id>/note")
@auth.signed_in(*auth.ACTING)
def note(concern_id: int) -> AnyResponse:
    """Write down something that the patient does not see; a call without an answer is such a thing."""
    text = _NO_ANSWER if "no_answer" in request.form else typed_text("note")
    if not text:
        return Response(_page(concern_id, note_problem="Write the note first."), 422)
    now = clock.now()
    with transaction(runtime.get().engine) as session:
        concern = auth.own_clinic_or_404(concerns.find(session, concern_id))
        ladder.record(session, concern, ConcernEventKind.NOTE, now, staff_id=auth.me().id, text=text)
        _record(session, "concern.note", concern, now)
    flash("Noted.")
    return redirect(url_for("concerns.show", concern_id=concern_id) + "#history", 303)


def typed_text(field: str = "text") -> str:
    """What was typed into a box: line ends as a phone has them, and nothing that a database cannot hold."""
    return request.form.get(field, "").replace("\r\n", "\n").replace("\x00", "").strip()


def text_problem(typed: str) -> str | None:
    """Why this cannot be texted, or None."""
    if not typed:
        return "Write the text first."
    if len(typed) > texts.MAX_BODY:
        return f"That is {len(typed)} characters, and a text can hold {texts.MAX_BODY}. Shorten it."
    return None


def _act(
    concern_id: int, act: str, do: Callable[[Session, Concern, datetime], Outcome], typed: str = ""
) -> AnyResponse:
    """Do it under the concern's lock, and say what came of it."""
    now = clock.now()

    def work(session: Session) -> tuple[Outcome, Conversation, str]:
        concern = auth.own_clinic_or_404(concerns.find(session, concern_id))
        outcome = do(session, concern, now)
        if outcome.answer is Answer.DONE:
            _record(session, f"concern.{act}", concern, now)
        conversation = session.get_one(Conversation, concern.conversation_id)
        return outcome, conversation, conversations.timezone(session, concern.clinic_id)

    outcome, conversation, zone = unit_of_work(runtime.get().engine, work)
    concern, done = outcome.concern, outcome.answer is Answer.DONE
    told = _DONE if conversation.opted_out_at is None else _DONE_UNTOLD
    words = told[act] if done else _REFUSED[outcome.answer]
    said = words.format(
        staff=outcome.staff.name if outcome.staff else "Somebody",
        **{
            name: wording.clock(moment, zone, now) if moment else ""
            for name, moment in (
                ("call_by", concern.call_by),
                ("taken_at", concern.acknowledged_at),
                ("closed_at", concern.resolved_at),
            )
        },
    )
    if not done and typed:
        return Response(_page(concern_id, typed=typed, problem=said), 409)
    flash(said, "done" if done else "refused")
    back = url_for("inbox.show") if done and act == "resolve" else url_for("concerns.show", concern_id=concern_id)
    return redirect(back, 303)


def _read(concern_id: int) -> cases.Case:
    here = runtime.get()
    with snapshot(here.engine) as session:
        concern = auth.own_clinic_or_404(session.get(Concern, concern_id))
        return cases.case(session, here.content, concern, clock.now())


def _page(concern_id: int, **typed: str) -> str:
    """The page; ``typed`` is what somebody had filled in, and what was wrong with it."""
    found = _read(concern_id)
    return render_template(
        "concern.html",
        case=found,
        parts=_parts(found),
        live=found.concern.status is not ConcernStatus.RESOLVED,
        **typed,
    )


def _parts(found: cases.Case) -> live.Parts:
    context = {"case": found, "now": clock.now(), "me_id": auth.me().id}
    return live.of(
        title=f"{found.who}, concern {found.concern.code}",
        html={
            "state": render_template("_concern_state.html", **context),
            "actions": render_template("_concern_actions.html", **context),
            "thread": render_template(
                "_thread.html",
                thread=found.thread,
                zone=found.clinic.timezone,
                conversation_id=found.conversation.id,
                now=context["now"],
            ),
            "history": render_template("_history.html", **context),
        },
    )


def _record(session: Session, action: str, concern: Concern, now: datetime) -> None:
    audit.record(
        session,
        action=action,
        now=now,
        staff=auth.me(),
        clinic_id=concern.clinic_id,
        patient_id=concern.patient_id,
        text=str(concern.id),
    )
