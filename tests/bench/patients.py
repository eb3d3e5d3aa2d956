"""A clinic with patients in their first days after a session, and what they text: the load of the inbound benchmark."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import col, select

from assistant import clock, migrate
from assistant.db import make_engine, transaction
from assistant.models import Conversation
from assistant.rules.verdict import Asked
from assistant.signatures import twilio_signature
from tests import cast
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

CORPUS = Path(__file__).parents[1] / "corpus"
PATIENTS = 500
INBOUND = "/webhooks/twilio/inbound"


def write_clinic(path: Path) -> None:
    """Make a database with the clinic, its staff and its patients: sessions, visits, and a check-in asked of half."""
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    now = clock.now()
    with transaction(engine) as session:
        clinic = cast.set_up(session)
        for number in range(PATIENTS):
            cast.add_patient(
                session,
                clinic,
                name=f"Patient {number}",
                phone=phone(number),
                performed_at=now - timedelta(days=number % 6, hours=2),
                next_visit_at=now + timedelta(days=21),
            )
        for conversation in session.exec(select(Conversation).where(col(Conversation.id) % 2 == 0)):
            conversation.asked, conversation.asked_at = Asked.BETTER_SAME_WORSE, now
            session.add(conversation)
    engine.dispose()


def write_requests(path: Path, url: str, count: int) -> None:
    """Write ``count`` signed posts: ordinary texts of the corpus, one in forty of them urgent, from random patients."""
    dice = random.Random(1)
    ordinary, urgent = list(_texts("en.ordinary.*.jsonl")), list(_texts("en.danger.*.jsonl"))
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            body = dice.choice(urgent if dice.random() < 1 / 40 else ordinary)
            form = _form(number, phone(dice.randrange(PATIENTS)), body)
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": twilio_signature(url + INBOUND, form, AUTH_TOKEN),
            }
            out.write(json.dumps({"path": INBOUND, "headers": headers, "body": urlencode(form)}) + "\n")


def phone(number: int) -> str:
    return f"+1202556{number:04}"


def _texts(pattern: str) -> Iterator[str]:
    for path in sorted(CORPUS.glob(pattern)):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


def _form(number: int, sender: str, body: str) -> dict[str, str]:
    """The twenty fields that Twilio posts."""
    sid = f"SM{number:032x}"
    places = {f"{side}{part}": "" for side in ("To", "From") for part in ("State", "City", "Zip")}
    return places | {
        "ToCountry": "US",
        "FromCountry": "US",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "Body": body,
        "To": cast.CLINIC_PHONE,
        "From": sender,
        "AccountSid": ACCOUNT_SID,
        "MessagingServiceSid": "MG" + "0" * 32,
        "ApiVersion": "2010-04-01",
    }
