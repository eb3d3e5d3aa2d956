"""What staff must do by hand because a text could not."""

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlmodel import select
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.models import Task
from assistant.services import audit, inbox
from assistant.web import auth, runtime

bp = Blueprint("tasks", __name__)


@bp.get("/tasks")
def show() -> str:
    with snapshot(runtime.get().engine) as session:
        rows = inbox.tasks(session, auth.clinic_ids())
    return render_template("tasks.html", rows=rows, now=clock.now())


@bp.post("/tasks/<row:task_id>/done")
@auth.signed_in(*auth.ACTING)
def done(task_id: int) -> AnyResponse:
    """Tick a task off. A second time changes nothing: the first person's name stays."""
    now = clock.now()
    with transaction(runtime.get().engine) as session:
        found = session.exec(select(Task).where(Task.id == task_id).with_for_update(key_share=True)).first()
        task = auth.own_clinic_or_404(found)
        if task.done_at is None:
            task.done_at, task.done_by_id = now, auth.me().id
            session.add(task)
            audit.record(
                session,
                action="task.done",
                now=now,
                staff=auth.me(),
                clinic_id=task.clinic_id,
                patient_id=task.patient_id,
                text=str(task.id),
            )
    flash("Done.")
    return redirect(url_for("tasks.show"), 303)
