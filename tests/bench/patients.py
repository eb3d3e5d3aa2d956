"""A clinic with patients in their first days after a session, and what they text: the load of the inbound benchmark."""

import json
import random
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import update

from assistant import clock, migrate
from assistant.db import make_engine, transaction
from assistant.models import Conversation
from assistant.rules.verdict import Asked
from assistant.signatures import twilio_signature
from tests import cast
from tests.corpus.cases import cases
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN

PATIENTS = 1000

# Every patient has been asked how it is, and answers that first.
ANSWERS = ["1", "1", "1 thank you", "2", "2", "2 still a bit sore", "3"]

# What else they text, by the labels of the corpus, and how often.
MIX = {
    "ordinary": (("EXPECTED", "QUESTION", "ADMIN"), 0.75),
    "for a human today": (("CONCERN", "UNCLEAR", "HELP"), 0.18),
    "for a human now": (("URGENT", "EMERGENCY"), 0.05),
    "no more texts": (("OPT_OUT",), 0.02),
}
INBOUND = "/webhooks/twilio/inbound"


def write_clinic(path: Path) -> None:
    """Make a database with the clinic, its staff and its patients: sessions, visits, and a check-in."""
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
        asked = update(Conversation).values(asked=Asked.BETTER_SAME_WORSE, asked_at=now)
        session.execute(asked)
    engine.dispose()


def write_requests(path: Path, url: str, count: int) -> None:
    """Write ``count`` signed posts, each patient's first one an answer to the check-in."""
    dice = random.Random(1)
    told = [case for case in cases("train", {"en"}) if case.context.asked is None]
    kinds = [[case.text for case in told if case.label in labels] for labels, _ in MIX.values()]
    shares = [share for _, share in MIX.values()]
    not_yet_answered = set(range(PATIENTS))
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            patient, body = dice.randrange(PATIENTS), dice.choice(dice.choices(kinds, shares)[0])
            if patient in not_yet_answered:
                body = dice.choice(ANSWERS)
                not_yet_answered.remove(patient)
            form = _form(number, phone(patient), body)
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": twilio_signature(url + INBOUND, form, AUTH_TOKEN),
            }
            out.write(json.dumps({"path": INBOUND, "headers": headers, "body": urlencode(form)}) + "\n")


def phone(number: int) -> str:
    return f"+1202556{number:04}"


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
