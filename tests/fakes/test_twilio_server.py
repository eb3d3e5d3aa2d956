"""The fake does to the application what Twilio would."""

import http.client
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

import pytest

from assistant.gateway import OutgoingText, TwilioGateway
from assistant.signatures import twilio_signature_valid
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio

CLINIC = "+12025550100"
ANN = "+12025550111"


class Application(ThreadingHTTPServer):
    """Checks signatures as we do, and keeps what it was told; ``answers`` are given before 200s."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Webhook)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.told: list[dict[str, str]] = []
        self.answers: list[int] = []


class _Webhook(BaseHTTPRequestHandler):
    server: Application

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        pairs = parse_qsl(body, keep_blank_values=True)
        url, header = self.server.url + self.path, self.headers["X-Twilio-Signature"]
        valid = twilio_signature_valid(url, pairs, header, [AUTH_TOKEN])
        self.server.told.append({"path": self.path, **dict(pairs)})
        self.send_response((self.server.answers.pop() if self.server.answers else 200) if valid else 403)
        self.send_header("Content-Type", "text/xml")
        self.end_headers()
        self.wfile.write(b"<Response/>")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def app() -> Iterator[Application]:
    with Application() as running:
        thread = Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def twilio(app: Application) -> Iterator[FakeTwilio]:
    with FakeTwilio(inbound_url=f"{app.url}/inbound") as running:
        yield running


def send(twilio: FakeTwilio, callback_url: str, *, sender: str | None = CLINIC) -> str:
    gateway = TwilioGateway(ACCOUNT_SID, AUTH_TOKEN, "MG" + "1" * 32, base_url=twilio.url)
    return gateway.send(OutgoingText("o-1", ANN, sender, "hello", 3600, callback_url)).sid


def post(twilio: FakeTwilio, path: str, body: object) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", twilio.port)
    connection.request("POST", path, json.dumps(body))
    answer = connection.getresponse()
    read = answer.status, json.loads(answer.read())
    connection.close()
    return read


def test_an_accepted_text_is_reported_sent_and_then_delivered(app: Application, twilio: FakeTwilio) -> None:
    sid = send(twilio, f"{app.url}/status?oid=o-1#rc=5&rp=all")
    assert twilio.webhooks.wait_until_reported()
    assert [(call["MessageStatus"], call["MessageSid"], call["path"]) for call in app.told] == [
        ("sent", sid, "/status?oid=o-1"),
        ("delivered", sid, "/status?oid=o-1"),
    ]
    assert [answer.status for answer in twilio.webhooks.report_answers] == [200, 200]


def test_a_text_of_a_messaging_service_is_reported_queued_first(app: Application, twilio: FakeTwilio) -> None:
    send(twilio, f"{app.url}/status", sender=None)
    assert twilio.webhooks.wait_until_reported()
    assert [call["MessageStatus"] for call in app.told] == ["queued", "sent", "delivered"]


def test_a_text_can_be_told_to_fail_with_a_code(app: Application, twilio: FakeTwilio) -> None:
    twilio.behave(outcome="undelivered:30003")
    send(twilio, f"{app.url}/status")
    assert twilio.webhooks.wait_until_reported()
    assert [(call["MessageStatus"], call.get("ErrorCode")) for call in app.told] == [
        ("sent", None),
        ("undelivered", "30003"),
    ]
    assert (twilio.accepted[0].status, twilio.accepted[0].error_code) == ("undelivered", 30003)


def test_reports_can_be_repeated_and_out_of_order(app: Application, twilio: FakeTwilio) -> None:
    twilio.behave(report_repeat=3, report_shuffle=True, seed=1)
    send(twilio, f"{app.url}/status")
    assert twilio.webhooks.wait_until_reported()
    steps = [call["MessageStatus"] for call in app.told]
    assert sorted(steps) == ["delivered"] * 3 + ["sent"] * 3
    assert steps != ["sent"] * 3 + ["delivered"] * 3


def test_a_webhook_that_fails_is_tried_again_only_where_its_address_asks_for_it(
    app: Application, twilio: FakeTwilio
) -> None:
    app.answers = [503]
    assert [a.status for a in twilio.text_in(ANN, CLINIC, "hi", url=f"{app.url}/inbound")] == [503]
    app.answers = [503, 503]
    asked = twilio.text_in(ANN, CLINIC, "hi", url=f"{app.url}/inbound#rc=2&rp=5xx")
    assert [a.status for a in asked] == [200]
    assert len(app.told) == 4


def test_a_phone_texts_the_clinic_many_times_over_with_one_sid(app: Application, twilio: FakeTwilio) -> None:
    answers = twilio.text_in(ANN, CLINIC, "it is hot", media_types=["image/jpeg"], copies=8, at_once=True)
    assert [(a.status, a.content_type, a.body) for a in answers] == [(200, "text/xml", "<Response/>")] * 8
    assert len({call["MessageSid"] for call in app.told}) == 1
    assert (app.told[0]["Body"], app.told[0]["NumMedia"]) == ("it is hot", "1")
    assert app.told[0]["MediaUrl0"].startswith(twilio.url)


def test_it_can_be_driven_over_http(app: Application, twilio: FakeTwilio) -> None:
    status, answer = post(twilio, "/_inbound", {"from": ANN, "to": CLINIC, "body": "hi", "copies": 2})
    assert (status, len(answer["answers"])) == (200, 2)  # type: ignore[arg-type]
    assert post(twilio, "/_mode", {"mode": "code:21610"})[1]["mode"] == "code:21610"
    assert post(twilio, "/_mode", {"mode": "nonsense"})[0] == 400
    assert post(twilio, "/_mode", {"nonsense": 1})[0] == 400
    connection = http.client.HTTPConnection("127.0.0.1", twilio.port)
    connection.request("GET", "/_accepted")
    assert json.loads(connection.getresponse().read()) == []
    connection.close()


def test_faults_can_be_drawn_by_weight_from_a_seed(twilio: FakeTwilio) -> None:
    twilio.behave(weights={"ok": 0.7, "429": 0.3}, seed=7)
    drawn = [twilio.account.mode_for(ANN) for _ in range(100)]
    twilio.behave(seed=7)
    assert drawn == [twilio.account.mode_for(ANN) for _ in range(100)]
    assert 10 < drawn.count("429") < 50
