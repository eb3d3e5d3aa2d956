"""The simulator's page and its buttons. Every button works without JavaScript: post, act, redirect."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask import session as cookie
from flask_wtf.csrf import CSRFProtect
from sqlmodel import Session, col, func, select
from werkzeug.wrappers import Response as AnyResponse

from assistant import clock
from assistant.db import snapshot, transaction
from assistant.models import AuditEvent, Clinic, Concern, ConcernEvent, Message, Patient, Staff
from assistant.services import accounts
from assistant.web import auth, wording
from scheduler.simulator import people, phones, story
from scheduler.simulator.demo import Demo
from scheduler.simulator.time_machine import MOST_STOPS

bp = Blueprint("simulator", __name__)

# As on the staff pages, and one thing more: the page shows the staff screen in a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)

# What the two applications must agree on for one cookie to serve both.
SHARED = ("SECRET_KEY", "SESSION_COOKIE_NAME", "SESSION_COOKIE_PATH", "SESSION_COOKIE_SAMESITE", "MAX_CONTENT_LENGTH")

PAGE = "simulator.html"
TABS = ("patient", "clinic", "nurse")
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
LONGEST_TEXT = 600


@dataclass(frozen=True)
class Chosen:
    """Whose phones are on the screen."""

    patient: Patient | None
    staff: Staff | None


def create_page(demo: Demo) -> Flask:
    """Return an application of its own for the simulator's page.

    It shares the staff web's cookie, so that whoever opens the simulator is signed in there.
    """
    app = Flask("scheduler.simulator", static_url_path="/simulator/static")
    app.config.update({name: demo.app.config[name] for name in SHARED}, WTF_CSRF_TIME_LIMIT=None)
    app.extensions["simulator"] = demo
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    CSRFProtect(app)
    app.register_blueprint(bp)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache" if request.endpoint == "static" else "no-store"
    return response


@bp.get("/")
def show() -> str:
    """The whole page; signs this browser in as the front desk, so that the staff screen opens by itself."""
    demo = _demo()
    if not _still_signed_in(demo):
        with transaction(demo.engine) as session:
            auth.begin(people.sign_in_admin(session, request.remote_addr or "", clock.now()))
    with snapshot(demo.engine) as session:
        parts = _parts(session, demo)
    tab = request.args.get("tab", "")
    said = request.args.get("said", "")
    return render_template(PAGE, **parts, tab=tab if tab in TABS else TABS[0], said=SAID.get(said, ""))


@bp.get("/simulator/live")
def live() -> AnyResponse:
    """What has changed, as the page asks every second."""
    demo = _demo()
    if not _still_signed_in(demo):
        return jsonify(reload=True)
    return _live_answer("")


@bp.post("/simulator/texts")
def send_text() -> AnyResponse:
    """Send a text from one of the phones on the screen to the clinic."""
    demo = _demo()
    body = request.form.get("body", "").strip()[:LONGEST_TEXT]
    sender = request.form.get("from", "")
    with snapshot(demo.engine) as session:
        known = {one.phone for one in phones.patients(session)} | {one.phone for one in phones.on_call(session)}
    if body and sender in known:
        demo.carrier.carry(sender=sender, to=people.CLINIC_PHONE, body=body)
        demo.machine.tick()
    return _done("")


@bp.post("/simulator/enrol")
def enrol() -> AnyResponse:
    """Post the session of one of the sample patients, as a booking system would."""
    demo = _demo()
    key = request.form.get("sample", "")
    with snapshot(demo.engine) as session:
        left = people.samples_left(session)
    if key in left:
        demo.outside.session_event(people.session_event(key, clock.now()))
        demo.machine.tick()
    with snapshot(demo.engine) as session:
        enrolled = session.exec(select(Patient.id).where(Patient.external_id == f"p-{key}")).first()
    return _done("", patient=enrolled)


@bp.post("/simulator/clock")
def move_clock() -> AnyResponse:
    """Move the clock on: an hour, a day, or to the next text."""
    demo = _demo()
    span = SPANS.get(request.form.get("move", ""))
    moved = demo.machine.move_by(span) if span else demo.machine.move_to_next_text()
    if moved is None:
        return _done("nothing")
    return _done("unfinished" if moved.unfinished else "", patient=moved.patient_id)


@bp.post("/simulator/restart")
def restart() -> AnyResponse:
    """Begin again with an empty clinic."""
    _demo().begin()
    return redirect(url_for("simulator.show"), 303)


SAID = {
    "nothing": "No text is planned. Enrol somebody first.",
    "unfinished": "Nobody answers, so the pages go on and on. The clock waits here, after "
    f"{MOST_STOPS} events in one move: take the page as the nurse, or move on again.",
}


def _demo() -> Demo:
    demo: Demo = current_app.extensions["simulator"]
    return demo


def _still_signed_in(demo: Demo) -> bool:
    token, now = cookie.get("token"), clock.now()
    if not isinstance(token, str):
        return False
    with snapshot(demo.engine) as session:
        found = accounts.who(session, token, now)
    if found is not None and now - found.seen_at >= accounts.SEEN_EVERY:
        with transaction(demo.engine) as session:
            accounts.seen(session, token, now)
    return found is not None


def _done(said: str, patient: int | None = None) -> AnyResponse:
    """Answer a button: what is new, to the script; to a browser without one, the page again."""
    if request.accept_mimetypes.best == "application/json":
        return _live_answer(said, patient)
    kept = {name: request.form[name] for name in ("patient", "staff", "tab") if request.form.get(name)}
    kept |= {"patient": str(patient)} if patient else {}
    kept |= {"said": said} if said else {}
    return redirect(f"{url_for('simulator.show')}?{urlencode(kept)}", 303)


def _live_answer(said: str, patient: int | None = None) -> AnyResponse:
    demo = _demo()
    with snapshot(demo.engine) as session:
        parts = _parts(session, demo, patient)
        newest = [session.exec(select(func.max(table.id))).one() for table in (Message, ConcernEvent, AuditEvent)]
        states = session.exec(select(Concern.status).order_by(col(Concern.id))).all()
    page = current_app.jinja_env.get_template(PAGE)
    fragments = {name: "".join(block(page.new_context(parts))) for name, block in page.blocks.items()}
    return jsonify(fragments=fragments, said=SAID.get(said, ""), staff_screen=f"{newest} {states}")


def _parts(session: Session, demo: Demo, patient_id: int | None = None) -> dict[str, object]:
    now = clock.now()
    clinic = session.exec(select(Clinic)).one()
    zone = ZoneInfo(clinic.timezone)
    chosen = _chosen(session, patient_id)
    patient, staff = chosen.patient, chosen.staff
    return {
        "clinic": clinic,
        "local": now.astimezone(zone),
        "clinic_phone": wording.phone(clinic.phone),
        "zone": clinic.timezone.rpartition("/")[2].replace("_", " "),
        "patient": patient,
        "patients": phones.patients(session),
        "patient_time": f"{now.astimezone(ZoneInfo(patient.timezone) if patient else zone):%H:%M}",
        "day": phones.day_of(session, patient, now) if patient else None,
        "patient_lines": phones.patient_lines(session, patient, demo.carrier.notices(patient.phone)) if patient else [],
        "patient_suggestions": phones.SUGGESTIONS.get(patient.language, phones.SUGGESTIONS["en"]) if patient else [],
        "staff": staff,
        "on_call": phones.on_call(session),
        "nurse_lines": phones.staff_lines(session, staff, zone, demo.carrier.notices(staff.phone)) if staff else [],
        "nurse_suggestions": phones.staff_suggestions(session, staff) if staff else [],
        "other_patient": phones.rang_elsewhere(session, patient, phones.patients(session)),
        "other_staff": phones.rang_elsewhere(session, staff, phones.on_call(session)),
        "coming": story.coming_next(session, now),
        "steps": story.steps(session),
        "samples": [(key, people.SAMPLES[key][0]) for key in people.samples_left(session)],
    }


def _chosen(session: Session, patient_id: int | None) -> Chosen:
    """The people that the request names, else the first patient and the first rung."""
    values = request.values
    enrolled, staff = phones.patients(session), phones.on_call(session)
    wanted = str(patient_id) if patient_id else values.get("patient", "")
    return Chosen(
        next((one for one in enrolled if str(one.id) == wanted), enrolled[0] if enrolled else None),
        next((one for one in staff if str(one.id) == values.get("staff", "")), staff[0] if staff else None),
    )
