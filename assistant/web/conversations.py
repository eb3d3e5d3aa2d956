"""The thread of one phone number, whoever has it."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session, select
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot, transaction, unit_of_work
from assistant.models import Clinic, Conversation
from assistant.services import audit, concerns, conversations, patient_file, texts, threads
from assistant.services.concerns import Answer
from assistant.web import auth, live, runtime
from assistant.web.concerns import text_problem, typed_text

bp = Blueprint("conversations", __name__, url_prefix="/conversations")

_NOT_SENT = "This number has opted out of texts, so it was not sent. Phone them."


@bp.get("/<row:conversation_id>")
def show(conversation_id: int) -> str:
    """The thread, who has the number, and what will be sent next. That somebody looked is recorded."""
    now = clock.now()
    with transaction(runtime.get().engine) as session:
        conversation = auth.own_clinic_or_404(session.get(Conversation, conversation_id))
        if auth.may_act():
            conversations.mark_read(session, conversation.id)
        audit.record(
            session,
            action="conversation.seen",
            now=now,
            staff=auth.me(),
            clinic_id=conversation.clinic_id,
            text=str(conversation.id),
        )
    return _page(conversation_id)


@bp.get("/<row:conversation_id>/live", endpoint="live")
def show_changes(conversation_id: int) -> Response:
    """What was said since the page was rendered."""
    with snapshot(runtime.get().engine) as session:
        conversation = auth.own_clinic_or_404(session.get(Conversation, conversation_id))
        clinic = session.get_one(Clinic, conversation.clinic_id)
        thread = threads.thread(session, conversation_id, clock.now())
    return live.answer(thread_parts(thread, conversation, clinic))


@bp.post("/<row:conversation_id>/reply")
@auth.signed_in(*auth.ACTING)
def reply(conversation_id: int) -> AnyResponse:
    """Text this number. With a concern live this answers it, and so takes it."""
    typed = typed_text()
    problem = text_problem(typed)
    if problem:
        return Response(_page(conversation_id, typed=typed, problem=problem), 422)
    now, content = clock.now(), runtime.get().content

    def work(session: Session) -> bool:
        locked = select(Conversation).where(Conversation.id == conversation_id).with_for_update(key_share=True)
        conversation = auth.own_clinic_or_404(session.exec(locked).first())
        concern = concerns.live(session, conversation.id)
        if threads.said_just_now(session, conversation.id, auth.me(), typed, now):
            sent = True
        elif concern is not None:
            outcome = concerns.reply(session, content, concern, auth.me(), typed, now)
            sent = outcome.answer is Answer.DONE
        else:
            patients = conversations.sharing(session, conversation)
            message_id = texts.from_person(
                session,
                conversation=conversation,
                patient=patients[0] if len(patients) == 1 else None,
                staff=auth.me(),
                body=typed,
                now=now,
                concern_id=None,
            )
            sent = message_id is not None
        if sent:
            conversations.mark_read(session, conversation.id)
            audit.record(
                session,
                action="conversation.reply",
                now=now,
                staff=auth.me(),
                clinic_id=conversation.clinic_id,
                text=str(conversation.id),
            )
        return sent

    sent = unit_of_work(runtime.get().engine, work)
    if not sent:
        return Response(_page(conversation_id, typed=typed, problem=_NOT_SENT), 409)
    flash("Your text is on its way. You will see here whether it reached the phone.")
    return redirect(url_for("conversations.show", conversation_id=conversation_id), 303)


def thread_parts(thread: threads.Thread, conversation: Conversation, clinic: Clinic) -> live.Parts:
    """The part of a page that shows what was said."""
    html = render_template(
        "_thread.html", thread=thread, zone=clinic.timezone, conversation_id=conversation.id, now=clock.now()
    )
    return live.of(title="Conversation", html={"thread": html})


def _page(conversation_id: int, **typed: str) -> str:
    now, earlier = clock.now(), request.args.get("before", "")
    before = int(earlier) if earlier.isdecimal() and len(earlier) < 7 else None
    with snapshot(runtime.get().engine) as session:
        conversation = auth.own_clinic_or_404(session.get(Conversation, conversation_id))
        clinic = session.get_one(Clinic, conversation.clinic_id)
        patients = conversations.sharing(session, conversation)
        thread = threads.thread(session, conversation_id, now, before)
        coming = patient_file.next_up(session, runtime.get().content, [patient.id for patient in patients], now)
        concern_id = conversations.live_concern_id(session, conversation_id)
    return render_template(
        "conversation.html",
        conversation=conversation,
        clinic=clinic,
        patients=patients,
        who=conversations.who(patients),
        parts=thread_parts(thread, conversation, clinic),
        before=before,
        coming=coming,
        concern_id=concern_id,
        now=now,
        **typed,
    )
