"""POST /webhooks/sessions: who may, what is refused and how, and many at once."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from freezegun import freeze_time
from sqlalchemy import Engine, text
from sqlmodel import SQLModel, select
from werkzeug.test import TestResponse

from assistant import clock
from assistant.app import create_app
from assistant.db import transaction
from assistant.models import Conversation, Course, Message, Patient, TreatmentSession, Visit, WebhookEvent
from assistant.services.content import Content
from assistant.settings import Settings
from assistant.signatures import sign_sessions
from tests import cast, events
from tests.cast import Cast
from tests.events import NOW
from tests.services.enrolling import count

SECRET = "whsec_" + "s" * 32
WRITTEN = (Patient, Conversation, Course, TreatmentSession, Visit, Message, WebhookEvent)

Post = Callable[..., TestResponse]


def make_client(engine: Engine, content: Content, secret: str = SECRET) -> FlaskClient:
    settings = Settings.model_validate(
        {"public_url": "http://localhost:8000", "secret_key": "k" * 32, "sessions_webhook_secret": secret}
    )
    return create_app(settings, engine, content).test_client()


def send(client: FlaskClient, body: bytes, **changes: Any) -> TestResponse:
    headers = {"Aftercare-Signature": changes.get("signature", sign_sessions(body, SECRET, clock.now()))}
    kind = changes.get("content_type", "application/json")
    return client.post("/webhooks/sessions", data=body, headers=headers, content_type=kind)


@pytest.fixture
def post(engine: Engine, content: Content, clinic: Cast) -> Post:
    """Posts an event (or raw bytes), signed, at twenty past ten in New York."""
    client = make_client(engine, content)

    def posted(event: dict[str, Any] | bytes, **changes: Any) -> TestResponse:
        body = event if isinstance(event, bytes) else events.body(event)
        with freeze_time(changes.pop("now", NOW)):
            return send(client, body, **changes)

    return posted


def rows(engine: Engine, *tables: type[SQLModel]) -> list[int]:
    with transaction(engine) as session:
        return [count(session, table) for table in tables]


def fields(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.json is not None
    return {one["field"]: one["problem"] for one in answer.json["errors"]}


def visit_at(starts_at: str) -> dict[str, Any]:
    return {"next_visit": {"external_id": "v-1", "starts_at": starts_at}}


def test_a_new_event_is_answered_201_with_the_plan_and_a_repeat_200_with_the_same_body(post: Post) -> None:
    first, second = post(events.completed()), post(events.completed())

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert first.json is not None
    assert first.json["messages"][0] == {
        "key": "day_0",
        "due_at": "2026-11-23T16:00:00Z",
        "send_by": "2026-11-24T16:00:00Z",
    }


def test_the_same_event_id_with_another_body_is_409(post: Post) -> None:
    post(events.completed())
    assert post(events.completed(patient={"name": "Ann Li"})).status_code == 409


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=,v1=",
        "v1=00",
        f"t={int(NOW.timestamp())},v1={'0' * 64}",
        sign_sessions(events.body(events.completed()), "another secret", NOW),
        sign_sessions(events.body(events.completed()), SECRET, NOW - timedelta(minutes=6)),
        sign_sessions(events.body(events.completed()), SECRET, NOW + timedelta(minutes=6)),
        sign_sessions(b"{}", SECRET, NOW),
        "t=\u0661,v1=\u0661",
    ],
)
def test_a_bad_or_old_signature_is_401_and_says_nothing_else(engine: Engine, post: Post, signature: str) -> None:
    answer = post(events.completed(), signature=signature.encode("utf-8").decode("latin-1"))

    assert answer.status_code == 401
    assert answer.json == {"error": "the Aftercare-Signature header is missing, wrong, or older than 5 minutes"}
    assert rows(engine, *WRITTEN) == [0] * len(WRITTEN)


def test_without_a_secret_nobody_can_sign(engine: Engine, content: Content, clinic: Cast) -> None:
    client = make_client(engine, content, secret="")
    body = events.body(events.completed())
    for signature in (sign_sessions(body, "", clock.now()), sign_sessions(body, SECRET, clock.now())):
        assert send(client, body, signature=signature).status_code == 401


def test_what_is_not_json_by_its_type_is_415_and_what_is_too_long_is_413(post: Post) -> None:
    assert post(events.completed(), content_type="text/plain").status_code == 415
    assert post(events.completed(), content_type="application/x-www-form-urlencoded").status_code == 415
    assert post(b" " * (33 * 1024)).status_code == 413
    assert post(b" " * (65 * 1024)).status_code == 413


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"event_id": "e"} x', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"event_id": "\xff"}', "not UTF-8"),
        (b'{"event_id": "\xed\xa0\x80"}', "not UTF-8"),
        (b"[]", "not an object"),
        (b'"evt"', "not an object"),
        (b"null", "not an object"),
        (b"[" * 30_000, "nested deeper"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "nested deeper"),
        (b'{"event_id": NaN}', "NaN"),
        (b'{"event_id": -Infinity}', "Infinity"),
        (b'{"event_id": 1e999}', "too large"),
        (b'{"event_id": ' + b"9" * 10_000 + b"}", "10000 digits"),
        (b'{"event_id": "a\nb"}', "not JSON"),
    ],
)
def test_a_body_that_is_no_one_object_is_422(engine: Engine, post: Post, body: bytes, said: str) -> None:
    assert said in fields(post(body))["body"]
    assert rows(engine, *WRITTEN) == [0] * len(WRITTEN)


def test_a_name_given_twice_is_refused_wherever_it_is(post: Post) -> None:
    body = events.body(events.completed()).replace(b'"name": "Ann Lee"', b'"name": "Ann Lee", "name": "Eve"')
    assert fields(post(body)) == {"patient.name": "is given twice: give it once"}


BAD_PATIENTS: list[tuple[dict[str, Any], str, str]] = [
    ({"phone": "(202) 555"}, "patient.phone", "too few digits"),
    ({"phone": "call Ann"}, "patient.phone", "not a phone number"),
    ({"phone": "+1 212 555 01110000"}, "patient.phone", "too many digits"),
    ({"phone": "+1 900 234 5678"}, "patient.phone", "premium"),
    ({"phone": "+1 800 234 5678"}, "patient.phone", "free-call"),
    ({"phone": "+881 6 1234 5678"}, "patient.phone", "satellite"),
    ({"phone": "+44 70 1234 5678"}, "patient.phone", "forwarding"),
    ({"phone": "+44 20 7946 0018"}, "patient.phone", ""),
    ({"phone": "876-555-1234"}, "patient.phone", "Jamaica"),
    ({"phone": "+1 473 405 1234"}, "patient.phone", "Grenada"),
    ({"phone": "+34 612 345 678"}, "patient.phone", "Spain"),
    ({"phone": cast.CLINIC_PHONE}, "patient.phone", "clinic's own number"),
    ({"phone": cast.DANA}, "patient.phone", "staff member's number"),
    ({"phone": ""}, "patient.phone", "too short"),
    ({"phone": 12025550111}, "patient.phone", "not text"),
    ({"phone": None}, "patient.phone", "is missing"),
    ({"phone": "+1 202 555 0111 ext 5"}, "patient.phone", "extension"),
    ({"name": "Ann\x00Lee"}, "patient.name", "U+0000"),
    ({"name": "Ann\x07Lee"}, "patient.name", "U+0007"),
    ({"name": "Ann\u202eeeL"}, "patient.name", "U+202E"),
    ({"name": "Ann \ud800"}, "patient.name", "U+D800"),
    ({"\ud800": "Ann"}, "patient", "cannot be printed"),
    ({"name": "Win at bit.ly"}, "patient.name", "address"),
    ({"name": "https://evil"}, "patient.name", "address"),
    ({"name": "www evil"}, "patient.name", "address"),
    ({"name": "ann@example"}, "patient.name", "address"),
    ({"name": "<b>Ann</b>"}, "patient.name", "markup"),
    ({"name": "{clinic}"}, "patient.name", "markup"),
    ({"name": "call 2025550199"}, "patient.name", "number"),
    ({"name": "🌸🌸"}, "patient.name", "no letters"),
    ({"name": "..."}, "patient.name", "no letters"),
    ({"name": "=cmd|x"}, "patient.name", "'='"),
    ({"name": "   "}, "patient.name", "empty"),
    ({"name": "A" * 61}, "patient.name", "60 characters"),
    ({"name": ["Ann"]}, "patient.name", "not text"),
    ({"date_of_birth": "2027-01-01"}, "patient.date_of_birth", "cannot be right"),
    ({"date_of_birth": "1890-01-01"}, "patient.date_of_birth", "cannot be right"),
    ({"date_of_birth": "1990-02-30"}, "patient.date_of_birth", "calendar"),
    ({"date_of_birth": "12/04/1990"}, "patient.date_of_birth", "not a date"),
    ({"language": "fr"}, "patient.language", "use en or es"),
    ({"timezone": "America/Atlantis"}, "patient.timezone", "not a time zone"),
    ({"timezone": "../../etc/passwd"}, "patient.timezone", "not a time zone"),
    ({"external_id": "x" * 81}, "patient.external_id", "too long"),
    ({"external_id": ""}, "patient.external_id", "too short"),
    ({"ssn": "1"}, "patient.ssn", "not a field of the contract"),
]
BAD_SESSIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"performed_at": "2026-11-23T10:00:00"}, "session.performed_at", "no time zone"),
    ({"performed_at": "2026-11-23"}, "session.performed_at", "not a date and time"),
    ({"performed_at": 1795447200}, "session.performed_at", "not a date and time"),
    ({"performed_at": "2026-02-30T10:00:00Z"}, "session.performed_at", "calendar"),
    ({"performed_at": "0001-01-01T00:00:00+14:00"}, "session.performed_at", "year"),
    ({"performed_at": "9999-12-31T23:59:59-14:00"}, "session.performed_at", "year"),
    ({"performed_at": "2026-11-23T10:26:00-05:00"}, "session.performed_at", "in the future"),
    ({"performed_at": "2026-08-30T10:00:00-05:00"}, "session.performed_at", "84 days ago"),
    ({"performed_at": None}, "session.performed_at", "is missing"),
    ({"protocol": "botox"}, "session.protocol", "mesotherapy_face"),
    ({"protocol": None}, "session.protocol", "is missing"),
    ({"areas": ["moon"]}, "session.areas.0", "not known"),
    ({"areas": "face"}, "session.areas", "not a list"),
    ({"products": [{"lot": "A"}]}, "session.products.0.name", "is missing"),
    ({"products": [{"name": "A", "lot": "x" * 41}]}, "session.products.0.lot", "too long"),
    ({"practitioner": "x" * 81}, "session.practitioner", "too long"),
    ({"external_id": None}, "session.external_id", "is missing"),
]
BAD_CONSENTS: list[tuple[dict[str, Any], str, str]] = [
    ({"sms": False}, "consent.sms", "without consent nobody is texted"),
    ({"sms": "true"}, "consent.sms", "not true or false"),
    ({"sms": None}, "consent.sms", "is missing"),
    ({"at": "2026-11-23T10:26:00-05:00"}, "consent.at", "in the future"),
    ({"at": "2026-11-23T09:50:00"}, "consent.at", "no time zone"),
    ({"method": "telepathy"}, "consent.method", "use paper, web, verbal or text"),
    ({"wording_version": None}, "consent.wording_version", "is missing"),
]
BAD = [
    *(("patient", *one) for one in BAD_PATIENTS),
    *(("session", *one) for one in BAD_SESSIONS),
    *(("consent", *one) for one in BAD_CONSENTS),
]


@pytest.mark.parametrize(("part", "changes", "field", "said"), BAD)
def test_a_bad_value_is_422_and_names_its_field_and_nothing_is_saved(
    engine: Engine, post: Post, part: str, changes: dict[str, Any], field: str, said: str
) -> None:
    problems = fields(post(events.completed(**{part: changes})))

    assert list(problems) == [field]
    assert said in problems[field]
    assert rows(engine, *WRITTEN) == [0] * len(WRITTEN)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"clinic": "north"}, "clinic", "name one of: main"),
        ({"type": "session.started"}, "type", "use session.completed"),
        ({"type": ["session.completed"]}, "type", "no type of the contract"),
        ({"event_id": "e" * 121}, "event_id", "too long"),
        ({"consent": None}, "consent", "braces"),
        ({"patient": "p-ann"}, "patient", "not an object"),
        ({"extra": 1}, "extra", "not a field of the contract"),
        (
            {"next_visit": {"external_id": "v", "starts_at": "2026-11-23T09:00:00-05:00"}},
            "next_visit.starts_at",
            "not after",
        ),
        (
            {"next_visit": {"external_id": "v", "starts_at": "2026-11-23T10:10:00-05:00"}},
            "next_visit.starts_at",
            "in the past",
        ),
        (
            {"next_visit": {"external_id": "v", "starts_at": "2062-11-23T10:10:00-05:00"}},
            "next_visit.starts_at",
            "year",
        ),
        ({"next_visit": {"external_id": "v"}}, "next_visit.starts_at", "is missing"),
    ],
)
def test_a_bad_event_is_422_and_names_its_field(post: Post, changes: dict[str, Any], field: str, said: str) -> None:
    problems = fields(post(events.completed() | changes))

    assert list(problems) == [field]
    assert said in problems[field]


def test_every_problem_is_named_at_once_those_of_the_form_and_those_of_the_clinic(post: Post) -> None:
    event = events.completed(
        patient={"name": "x@y", "phone": cast.DANA, "language": "fr", "date_of_birth": "x"},
        session={"protocol": "botox", "performed_at": "yesterday", "areas": ["moon"]},
        consent={"sms": False, "at": "2027-01-01T00:00:00Z"},
    ) | {"extra": 1, "next_visit": {"external_id": "v-1", "starts_at": "2020-01-01T00:00:00Z"}}

    assert set(fields(post(event))) == {
        "patient.name",
        "patient.phone",
        "patient.language",
        "patient.date_of_birth",
        "session.protocol",
        "session.performed_at",
        "session.areas.0",
        "consent.sms",
        "consent.at",
        "extra",
        "next_visit.starts_at",
    }


@pytest.mark.parametrize(
    "name", ["Ann", "María-José O'Neill", "Nguyễn Văn A", "李小龍", "J.R. Diaz", "Ana 2", "Ann 🌸"]
)
def test_an_ordinary_name_is_kept_as_it_is(engine: Engine, post: Post, name: str) -> None:
    assert post(events.completed(patient={"name": name})).status_code == 201
    with transaction(engine) as session:
        assert session.exec(select(Patient.name)).one() == name


def test_consent_that_was_signed_on_the_way_out_is_consent(post: Post) -> None:
    assert post(events.completed(consent={"at": "2026-11-23T10:15:00-05:00"})).status_code == 201


def test_a_clock_that_runs_five_minutes_ahead_is_forgiven(post: Post) -> None:
    assert post(events.completed(session={"performed_at": "2026-11-23T10:24:00-05:00"})).status_code == 201


def test_other_methods_are_405(engine: Engine, content: Content, clinic: Cast) -> None:
    assert make_client(engine, content).get("/webhooks/sessions").status_code == 405


def at_once(engine: Engine, content: Content, bodies: list[list[bytes]]) -> list[list[TestResponse]]:
    """Post each list in a thread of its own, all starting together."""
    start = threading.Barrier(len(bodies), timeout=30)
    clients = [make_client(engine, content) for _ in bodies]

    def deliver(client: FlaskClient, mine: list[bytes]) -> list[TestResponse]:
        start.wait()
        return [send(client, body) for body in mine]

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(deliver, clients, bodies))


def fresh(event_id: str, number: int = 1, **parts: dict[str, Any]) -> bytes:
    """An event of just now: these tests run on the real clock, because a frozen one is one thread's."""
    now = clock.now()
    event = events.completed(
        event_id,
        next_visit=(now + timedelta(days=30)).isoformat(),
        session={"external_id": f"s-{number}", "performed_at": (now - timedelta(minutes=20)).isoformat()},
        consent={"at": (now - timedelta(minutes=30)).isoformat()},
        **parts,
    )
    event["next_visit"]["external_id"] = f"v-{number}"
    return events.body(event)


def test_the_same_event_twenty_times_at_once_is_one_plan(engine: Engine, content: Content, clinic: Cast) -> None:
    body = fresh("evt_1")
    answers = [one for mine in at_once(engine, content, [[body]] * 20) for one in mine]

    assert sorted(one.status_code for one in answers) == [200] * 19 + [201]
    assert len({json.dumps(one.json, sort_keys=True) for one in answers}) == 1
    assert rows(engine, Patient, Conversation, Course, TreatmentSession, Visit, WebhookEvent) == [1] * 6
    assert answers[0].json is not None
    planned = len(answers[0].json["messages"]) + len(answers[0].json["skipped"])
    assert rows(engine, Message) == [planned]


def test_one_session_under_twenty_event_ids_at_once_is_one_plan(engine: Engine, content: Content, clinic: Cast) -> None:
    bodies = [[fresh(f"evt_{number}")] for number in range(20)]
    # The instants differ by microseconds, and the first one stands.
    answers = [one for mine in at_once(engine, content, bodies) for one in mine]

    assert [one.status_code for one in answers] == [201] * 20
    assert rows(engine, Patient, Conversation, Course, TreatmentSession, Visit) == [1] * 5
    with transaction(engine) as session:
        keys = [row.key for row in session.exec(select(Message).where(Message.session_id == 1))]
    assert len(keys) == len(set(keys))


def test_eight_deliverers_of_the_same_40_events_make_40_sessions(
    engine: Engine, content: Content, clinic: Cast
) -> None:
    bodies = [
        fresh(
            f"evt_{number}",
            number,
            patient={"external_id": f"p-{number % 20}", "phone": f"+1 202 555 01{30 + number % 20}"},
        )
        for number in range(40)
    ]
    answers = at_once(engine, content, [bodies[n * 5 :] + bodies[: n * 5] for n in range(8)])

    statuses = [one.status_code for mine in answers for one in mine]
    assert (statuses.count(201), statuses.count(200)) == (40, 280)
    assert rows(engine, WebhookEvent, TreatmentSession, Visit, Patient, Course) == [40, 40, 40, 20, 20]


def test_texts_and_events_at_once_do_not_lock_each_other_out(engine: Engine, content: Content, clinic: Cast) -> None:
    """Two patients on one phone, each with sessions, moves and cancellations, in eight threads."""
    now = clock.now()
    people = [{"external_id": f"p-{n}", "name": f"Ann {'AB'[n]}"} for n in range(2)]
    first = [fresh(f"evt_{n}", n, patient=people[n]) for n in range(2)]
    moves = [
        events.body(
            events.visit(
                "visit.moved",
                f"evt_{n}_{step}",
                starts_at=(now + timedelta(days=20 + step)).isoformat(),
                external_id=f"v-{n % 2}",
            )
            | {"patient": {"external_id": f"p-{n % 2}"}}
        )
        for n in range(8)
        for step in range(4)
    ]
    at_once(engine, content, [first])
    answers = at_once(engine, content, [moves[n * 4 : n * 4 + 4] + first for n in range(8)])

    assert {one.status_code for mine in answers for one in mine} == {200, 201}
    with transaction(engine) as session:
        for visit in session.exec(select(Visit)):
            waiting = session.exec(
                select(Message.dedupe_key).where(Message.visit_id == visit.id, Message.status == "queued")
            ).all()
            assert sorted(waiting) == [f"visit:{visit.id}:{visit.version}:{key}" for key in ("nsaid", "visit_reminder")]


def test_an_event_that_could_not_be_stored_is_503_so_that_it_is_sent_again(engine: Engine, post: Post) -> None:
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE webhook_event RENAME TO gone"))
    assert post(events.completed()).status_code == 503
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE gone RENAME TO webhook_event"))
    assert post(events.completed()).status_code == 201
