"""The real SDK over HTTP to a fake Twilio: every way a send can end, and what the caller is told."""

import logging
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from freezegun import freeze_time

from assistant import clock
from assistant.errors import SendError
from assistant.gateway import Accepted, Gateway, LookupFailed, OutgoingText, TwilioGateway
from assistant.provider_errors import (
    PROVIDER_ERRORS,
    explain,
    opts_out,
    outcome_of_answer,
    stops_every_clinic,
)
from assistant.twilio_http import PooledHttpClient, TransportError
from tests.fakes.twilio_server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio

CLINIC = "+12025550100"
ANN = "+12025550111"
BEN = "+12025550112"
SERVICE = "MG" + "1" * 32
DATED = b'{"messages": [{"date_created": "Sun, 22 Nov 2099 09:00:00 +0000"}]}'
CALLBACK = "http://127.0.0.1:9/webhooks/twilio/status?oid=o-1#rc=0"


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as running:
        running.behave(outcome="silent")
        yield running


def gateway_to(url: str, **changed: object) -> TwilioGateway:
    wanted: dict[str, object] = {"base_url": url, "timeout_seconds": 5, "connections": 4, **changed}
    return TwilioGateway(ACCOUNT_SID, AUTH_TOKEN, **wanted)  # type: ignore[arg-type]


def text(body: str = "Day 1: a little redness is normal.", **changed: object) -> OutgoingText:
    given: dict[str, object] = {
        "oid": "o-1",
        "to": ANN,
        "sender": CLINIC,
        "body": body,
        "validity_seconds": 3600,
        "callback_url": CALLBACK,
        **changed,
    }
    return OutgoingText(**given)  # type: ignore[arg-type]


def failure(gateway: Gateway, what: OutgoingText | None = None) -> tuple[str, str]:
    with pytest.raises(SendError) as failed:
        gateway.send(what or text())
    return failed.value.code, failed.value.outcome


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# What is sent


def test_a_text_is_handed_over_as_it_was_given(twilio: FakeTwilio) -> None:
    accepted = gateway_to(twilio.url).send(text("Día 1: ¿qué tal? 100% + & = ok"))
    assert accepted == Accepted(sid=twilio.accepted[0].sid, status="queued", segments=1)
    row = twilio.accepted[0]
    assert (row.to, row.from_, row.body) == (ANN, CLINIC, "Día 1: ¿qué tal? 100% + & = ok")
    assert (row.validity_seconds, row.status_callback, row.service_sid) == (3600, CALLBACK, None)


def test_the_messaging_service_sends_where_a_clinic_has_no_number(twilio: FakeTwilio) -> None:
    accepted = gateway_to(twilio.url, messaging_service_sid=SERVICE).send(text(sender=None))
    assert accepted == Accepted(sid=twilio.accepted[0].sid, status="accepted", segments=None)
    assert (twilio.accepted[0].from_, twilio.accepted[0].service_sid) == ("", SERVICE)


def test_a_clinics_own_number_comes_before_the_messaging_service(twilio: FakeTwilio) -> None:
    gateway_to(twilio.url, messaging_service_sid=SERVICE).send(text())
    assert (twilio.accepted[0].from_, twilio.accepted[0].service_sid) == (CLINIC, None)


def test_without_any_sender_nothing_is_posted(twilio: FakeTwilio) -> None:
    assert failure(gateway_to(twilio.url), text(sender=None)) == ("no_sender", "configuration")
    assert twilio.connections == 0


def test_a_text_never_waits_at_the_provider_longer_than_it_allows(twilio: FakeTwilio) -> None:
    gateway_to(twilio.url).send(text(validity_seconds=7 * 24 * 3600))
    assert twilio.accepted[0].validity_seconds == 36_000


def test_the_regions_and_proxies_of_the_environment_do_not_change_where_a_text_goes(
    twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    gateway_to(twilio.url + "/").send(text())
    assert len(twilio.accepted) == 1


# How a send can end


@pytest.mark.parametrize(
    ("mode", "code", "outcome", "accepted"),
    [
        ("429", "20429", "retry", 0),
        ("401", "20003", "configuration", 0),
        ("500_not_accepted", "20500", "in_doubt", 0),
        ("500_after_accept", "20500", "in_doubt", 1),
        ("reset_not_accepted", "connection_lost", "in_doubt", 0),
        ("reset_after_accept", "connection_lost", "in_doubt", 1),
        ("bad_json", "bad_answer", "in_doubt", 1),
        ("no_sid", "bad_answer", "in_doubt", 1),
        ("redirect", "redirect", "configuration", 0),
        ("code:21211", "21211", "permanent", 0),
        ("code:21610", "21610", "permanent", 0),
        ("code:21408", "21408", "permanent", 0),
        ("code:21606", "21606", "configuration", 0),
        ("code:21611", "21611", "retry", 0),
        ("code:29999", "29999", "permanent", 0),
    ],
)
def test_a_failed_send_says_whether_it_may_be_tried_again_and_is_never_repeated(
    twilio: FakeTwilio, mode: str, code: str, outcome: str, accepted: int
) -> None:
    twilio.behave(mode=mode)
    gateway = gateway_to(twilio.url)
    assert failure(gateway) == (code, outcome)
    assert len(twilio.accepted) == accepted
    twilio.behave(mode="ok")
    gateway.send(text())
    assert len(twilio.accepted) == accepted + 1


@pytest.mark.parametrize("mode", ["hang", "dribble"])
def test_an_answer_that_does_not_come_in_time_leaves_the_text_in_doubt(twilio: FakeTwilio, mode: str) -> None:
    # A whole dribbled answer takes 45 s, while no single read of it takes longer than 0.05 s.
    twilio.behave(mode=mode)
    assert failure(gateway_to(twilio.url, timeout_seconds=0.4)) == ("timeout", "in_doubt")
    assert len(twilio.accepted) == 1


def test_headers_that_trickle_in_are_late_as_well() -> None:
    stopping = threading.Event()

    class Trickle(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 201 Created\r\nX-Slow: ")
            while not stopping.wait(0.05):
                self.wfile.write(b"x")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Trickle) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        gateway = gateway_to(f"http://127.0.0.1:{server.server_port}", timeout_seconds=0.4)
        assert failure(gateway) == ("timeout", "in_doubt")
        stopping.set()
        thread.join()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that gives every request this answer; yields its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "body",
    [b"", b"OK", b"null", b"[]", b'"SM1"', b"{}", b'{"sid": ""}', b'{"sid": "SM1", "date_created": 5}', b"\xff"],
)
def test_an_answer_that_makes_no_sense_leaves_the_text_in_doubt(body: bytes) -> None:
    with answering(201, body) as url:
        assert failure(gateway_to(url)) == ("bad_answer", "in_doubt")


@pytest.mark.parametrize(
    ("status", "body", "code", "outcome"),
    [
        (502, b"<html>Bad Gateway</html>", "502", "in_doubt"),
        (403, b"<html>Blocked</html>", "403", "configuration"),
        (429, b"", "429", "retry"),
        (400, b"[]", "400", "permanent"),
        (400, b'{"code": null, "message": "?"}', "400", "permanent"),
        (
            400,
            b'{"type": "about:blank", "title": "Bad number", "status": 400, "code": 21211}',
            "21211",
            "permanent",
        ),
    ],
)
def test_a_refusal_in_any_shape_is_understood(status: int, body: bytes, code: str, outcome: str) -> None:
    with answering(status, body) as url:
        assert failure(gateway_to(url)) == (code, outcome)


def test_a_segment_count_that_is_no_number_does_not_lose_the_sid() -> None:
    with answering(201, b'{"sid": "SM1", "status": "queued", "num_segments": "many"}') as url:
        assert gateway_to(url).send(text()) == Accepted(sid="SM1", status="queued", segments=None)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"messages": null}', b'{"messages": [{}]}', b'{"messages": [null]}', DATED],
)
def test_a_list_that_makes_no_sense_is_not_an_empty_list(body: bytes) -> None:
    with answering(200, body) as url, pytest.raises(LookupFailed, match="bad_answer"):
        gateway_to(url).find(ANN, clock.now())


def test_where_nobody_listens_the_text_may_be_sent_again() -> None:
    assert failure(gateway_to(f"http://127.0.0.1:{free_port()}")) == ("refused", "retry")


def test_where_the_name_is_not_found_the_text_may_be_sent_again() -> None:
    assert failure(gateway_to("http://twilio.invalid")) == ("dns", "retry")


def test_where_nobody_picks_up_in_time_the_text_may_be_sent_again() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # The kernel lets one or two connections wait; the next one is not answered at all.
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(listener.getsockname())
        gateway = gateway_to(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=0.3)
        assert failure(gateway) == ("connect_timeout", "retry")
        for connection in waiting:
            connection.close()


def test_a_provider_that_does_not_speak_tls_has_received_nothing(twilio: FakeTwilio) -> None:
    assert failure(gateway_to(twilio.url.replace("http:", "https:"))) == ("tls", "retry")
    assert twilio.accepted == []


def test_a_line_that_is_cut_during_the_handshake_has_carried_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def cut() -> None:
            connection, _ = listener.accept()
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        server = threading.Thread(target=cut)
        server.start()
        gateway = gateway_to(f"https://127.0.0.1:{listener.getsockname()[1]}")
        assert failure(gateway) == ("refused", "retry")
        server.join()


def test_a_provider_that_cannot_prove_who_it_is_gets_no_text_and_stops_all_sending() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_side=True)

        server = threading.Thread(target=shake_hands)
        server.start()
        gateway = gateway_to(f"https://127.0.0.1:{listener.getsockname()[1]}")
        assert failure(gateway) == ("certificate", "configuration")
        server.join()
    assert stops_every_clinic("certificate")


def test_a_wrong_token_is_the_operators_to_mend(twilio: FakeTwilio) -> None:
    gateway = TwilioGateway(ACCOUNT_SID, "wrong", base_url=twilio.url)
    assert failure(gateway) == ("20003", "configuration")


def test_a_wrong_account_is_the_operators_to_mend(twilio: FakeTwilio) -> None:
    gateway = TwilioGateway("AC" + "9" * 32, AUTH_TOKEN, base_url=twilio.url)
    assert failure(gateway) == ("20404", "configuration")


def test_a_patient_who_texted_stop_is_refused_by_the_provider(twilio: FakeTwilio) -> None:
    gateway = gateway_to(twilio.url)
    twilio.text_in(ANN, CLINIC, "Stop", deliver=False)
    code, outcome = failure(gateway)
    assert (code, outcome) == ("21610", "permanent")
    assert opts_out(code)
    gateway.send(text(to=BEN))
    twilio.text_in(ANN, CLINIC, "START", deliver=False)
    gateway.send(text())
    assert [row.to for row in twilio.accepted] == [BEN, ANN]


# Connections and threads


def test_many_threads_share_few_connections_and_each_gets_its_own_answer(twilio: FakeTwilio) -> None:
    gateway = gateway_to(twilio.url, connections=8)
    bodies = [f"text {n}" for n in range(640)]
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda body: gateway.send(text(body)).sid, bodies))
    assert {row.sid: row.body for row in twilio.accepted} == dict(zip(answers, bodies, strict=True))
    assert twilio.connections <= 8


def test_a_thread_that_finds_no_free_connection_in_time_has_sent_nothing() -> None:
    with FakeTwilio() as twilio, ThreadPoolExecutor(1) as threads:
        twilio.behave(mode="hang")
        http = PooledHttpClient(twilio.url, timeout_seconds=30, connections=1)
        form = {"To": ANN, "From": CLINIC, "Body": "hello"}
        path = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        only = threads.submit(http.request, "POST", path, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN))
        assert twilio.wait_for_accepted(1)
        with pytest.raises(TransportError) as failed:
            http.request("GET", f"{twilio.url}/_accepted", timeout=0.1)
        assert (failed.value.code, failed.value.outcome) == ("busy", "retry")
        twilio.stopping.set()
        assert isinstance(only.exception(), TransportError)


def test_a_connection_that_the_provider_has_closed_is_replaced_before_a_text_is_posted() -> None:
    with FakeTwilio() as before:
        gateway = gateway_to(before.url)
        gateway.send(text("one"))
    with FakeTwilio(port=before.port) as after:
        gateway.send(text("two"))
        assert [row.body for row in after.accepted] == ["two"]


def test_a_connection_that_was_quiet_for_long_is_not_trusted_with_a_text(twilio: FakeTwilio) -> None:
    with freeze_time("2026-11-22 09:00:00") as frozen:
        gateway = gateway_to(twilio.url)
        gateway.send(text("one"))
        frozen.tick(29)
        gateway.send(text("two"))
        assert twilio.connections == 1
        frozen.tick(31)
        gateway.send(text("three"))
        assert twilio.connections == 2


# What the provider's log says


def test_finding_lists_what_went_to_one_patient_since_then_and_nothing_else(twilio: FakeTwilio) -> None:
    gateway = gateway_to(twilio.url)
    gateway.send(text("to Ben", to=BEN))
    gateway.send(text("first"))
    gateway.send(text("second"))
    twilio.account.receive(CLINIC, ANN, "not ours", [], None)
    twilio.accepted[1].created_at -= timedelta(hours=2)
    found = gateway.find(ANN, clock.now() - timedelta(hours=1))
    assert [(row.body, row.to, row.from_, row.status) for row in found] == [("second", ANN, CLINIC, "queued")]
    assert found[0].sid == twilio.accepted[2].sid
    assert found[0].created_at == twilio.accepted[2].created_at.replace(microsecond=0)


def test_finding_sees_a_text_that_was_sent_within_the_second_it_asks_about(twilio: FakeTwilio) -> None:
    gateway = gateway_to(twilio.url)
    with freeze_time("2026-11-22 09:00:00.900"):
        gateway.send(text())
        assert len(gateway.find(ANN, datetime(2026, 11, 22, 9, 0, 0, 800_000, tzinfo=UTC))) == 1


def test_finding_a_text_of_the_messaging_service_that_has_no_sender_yet(twilio: FakeTwilio) -> None:
    gateway = gateway_to(twilio.url, messaging_service_sid=SERVICE)
    gateway.send(text(sender=None))
    assert [row.from_ for row in gateway.find(ANN, clock.now() - timedelta(minutes=1))] == [""]


def test_a_text_that_the_list_does_not_show_yet_is_not_found(twilio: FakeTwilio) -> None:
    twilio.behave(list_lag_ms=60_000)
    gateway = gateway_to(twilio.url)
    gateway.send(text())
    assert gateway.find(ANN, clock.now() - timedelta(minutes=1)) == []


def test_texts_that_came_in_are_fetched_page_after_page_and_oldest_first(twilio: FakeTwilio) -> None:
    with freeze_time("2026-11-22 09:00:00") as frozen:
        for n in range(450):
            twilio.account.receive(ANN, CLINIC, f"reply {n}", [], None)
            frozen.tick(1)
        twilio.account.receive(BEN, CLINIC, "", ["image/jpeg", "image/png"], None)
        gateway_to(twilio.url).send(text(sender=BEN, to=CLINIC))
        came = gateway_to(twilio.url).received(CLINIC, datetime(2026, 11, 22, 9, 1, tzinfo=UTC))
    assert [row.body for row in came] == [f"reply {n}" for n in range(60, 450)] + [""]
    assert (came[-1].from_, came[-1].media_count, came[-1].status) == (BEN, 2, "received")
    assert came[0].created_at == datetime(2026, 11, 22, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_list_that_is_refused_is_not_an_empty_list(twilio: FakeTwilio, status: int) -> None:
    twilio.behave(list_status=status)
    gateway = gateway_to(twilio.url)
    with pytest.raises(LookupFailed, match=str(status)):
        gateway.find(ANN, clock.now())
    with pytest.raises(LookupFailed, match=str(status)):
        gateway.received(CLINIC, clock.now())


def test_a_list_that_cannot_be_reached_is_not_an_empty_list() -> None:
    with pytest.raises(LookupFailed, match="refused"):
        gateway_to(f"http://127.0.0.1:{free_port()}").find(ANN, clock.now())


# What is written down


def test_no_number_and_no_word_of_a_text_is_logged(twilio: FakeTwilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = gateway_to(twilio.url)
    gateway.send(text())
    gateway.find(ANN, clock.now())
    for mode in ("code:21211", "500_after_accept", "reset_after_accept"):
        twilio.behave(mode=mode)
        try:
            gateway.send(text())
        except SendError:
            logging.getLogger("caller").exception("not sent")
    twilio.behave(list_status=500)
    try:
        gateway.find(ANN, clock.now())
    except LookupFailed:
        logging.getLogger("caller").exception("not found")
    assert "21211" in caplog.text
    for secret in (ANN, ANN[1:], "redness", AUTH_TOKEN):
        assert secret not in caplog.text


# The table of codes


def test_the_http_status_decides_before_the_code() -> None:
    assert outcome_of_answer(429, "21211") == "retry"
    assert outcome_of_answer(500, "21211") == "in_doubt"
    assert outcome_of_answer(400, "21211") == "permanent"
    assert outcome_of_answer(408, "408") == "in_doubt"
    assert outcome_of_answer(402, "402") == "configuration"
    assert outcome_of_answer(400, "400") == "permanent"


def test_a_code_nobody_has_seen_links_to_its_explanation() -> None:
    assert explain("30999").endswith("https://www.twilio.com/docs/api/errors/30999")
    assert explain("418") == "Not delivered: the provider answered 418."


def test_only_an_opt_out_opts_out() -> None:
    assert [code for code in PROVIDER_ERRORS if opts_out(code)] == ["21610"]
    assert not opts_out("30999")


def test_one_clinics_bad_number_does_not_stop_the_others() -> None:
    assert not stops_every_clinic("21606")
    assert stops_every_clinic("20003")
    assert stops_every_clinic("402")
    for code, error in PROVIDER_ERRORS.items():
        assert error.outcome == "configuration" or not error.whole_account, code


def test_every_sentence_for_staff_is_short_and_ends() -> None:
    for code, error in PROVIDER_ERRORS.items():
        assert error.tell.endswith((".", "?")), code
        assert len(error.tell) <= 100, code
