"""A fake Twilio over HTTP: in process as ``FakeTwilio``, or ``python -m tests.fakes.twilio_server --port 0``.

What it accepted is the ground truth of a test: ``FakeTwilio.accepted``, or ``GET /_accepted``. It is told
how to answer with ``behave`` or ``POST /_mode`` (see ``Behaviour``); ``POST /_inbound`` makes a phone text
the clinic.
"""

import argparse
import base64
import contextlib
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Collection
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.twilio_account import Account, FakeMessage
from tests.fakes.twilio_webhooks import WebhookAnswer, Webhooks

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
SMALL_JPEG = b"\xff\xd8\xff\xe0" + bytes(200) + b"\xff\xd9"


class FakeTwilio:
    """A running fake. ``inbound_url`` is the application's webhook for inbound texts."""

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        inbound_url: str = "",
        port: int = 0,
    ) -> None:
        self.account = Account(account_sid, auth_token)
        self.webhooks = Webhooks(self.account)
        self.inbound_url = inbound_url
        self.stopping = threading.Event()
        self.connections = 0
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.twilio = self
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()
        self.webhooks.close()

    @property
    def accepted(self) -> list[FakeMessage]:
        """Every outbound text that was accepted, in order."""
        return self.account.accepted

    def wait_for_accepted(self, count: int, seconds: float = 10) -> bool:
        """Return True as soon as ``count`` texts have been accepted, False if that takes too long."""
        return self.account.wait_for_accepted(count, seconds)

    def behave(self, **wanted: Any) -> None:
        """Answer differently from now on; the fields of ``Behaviour``."""
        self.account.behave(wanted)

    def text_in(
        self,
        from_: str,
        to: str,
        body: str,
        *,
        media_types: Collection[str] = (),
        sid: str | None = None,
        copies: int = 1,
        at_once: bool = False,
        deliver: bool = True,
        url: str = "",
    ) -> list[WebhookAnswer]:
        """A phone texts the clinic. Return the application's answer to each copy of the same MessageSid.

        With ``deliver`` False the text is only in Twilio's log, as when the application was down.
        """
        message = self.account.receive(from_, to, body, media_types, sid)
        if not deliver:
            return []
        media = f"{self.url}/2010-04-01/Accounts/{self.account.sid}/Messages/{message.sid}/Media/ME"
        media_urls = [f"{media}{n:032x}" for n, _ in enumerate(media_types)]
        return self.webhooks.deliver_copies(url or self.inbound_url, message, media_urls, copies, at_once=at_once)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    twilio: FakeTwilio

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.open_lines: set[socket.socket] = set()

    def hang_up(self) -> None:
        """Cut every line, as when the machine is switched off."""
        for line in list(self.open_lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that has gone away, as after its deadline, is part of the play.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # headers and body leave together
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.twilio.connections += 1
        self.server.open_lines.add(self.connection)

    def finish(self) -> None:
        self.server.open_lines.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        twilio = self.server.twilio
        path = urlsplit(self.path).path
        if path == f"/2010-04-01/Accounts/{twilio.account.sid}/Messages.json":
            if self._authenticated():
                self._create(dict(parse_qsl(body, keep_blank_values=True)))
        elif path == "/_mode":
            try:
                twilio.behave(**json.loads(body))
            except ValueError as error:
                return self._json(400, {"error": str(error)})
            self._json(200, asdict(twilio.account.behaviour))
        elif path == "/_inbound":
            wanted = json.loads(body)
            answers = twilio.text_in(wanted.pop("from"), wanted.pop("to"), wanted.pop("body"), **wanted)
            self._json(200, {"answers": [asdict(answer) for answer in answers]})
        else:
            self._refuse(404, 20404, "The requested resource was not found")
        return None

    def do_GET(self) -> None:
        account = self.server.twilio.account
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/_accepted":
            return self._json(200, [message.as_row() for message in account.accepted])
        if not self._authenticated():
            return None
        if path == f"/2010-04-01/Accounts/{account.sid}/Messages.json":
            if account.behaviour.list_status != 200:
                return self._refuse(account.behaviour.list_status, 20500, "Internal Server Error")
            return self._json(200, account.page(query))
        if "/Media/ME" in path:
            return self._answer(200, SMALL_JPEG, "image/jpeg")
        return self._refuse(404, 20404, "The requested resource was not found")

    def _authenticated(self) -> bool:
        account = self.server.twilio.account
        pair = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {pair}":
            return True
        self._refuse(401, 20003, "Authenticate")
        return False

    def _create(self, form: dict[str, str]) -> None:
        twilio = self.server.twilio
        twilio.stopping.wait(twilio.account.behaviour.latency_ms / 1000)
        mode = twilio.account.mode_for(form.get("To", ""))
        code = int(mode[5:]) if mode.startswith("code:") else twilio.account.refusal(form)
        if code:
            return self._refuse(400, code, f"The 'To' number {form.get('To')} cannot be texted")
        match mode:
            case "429":
                return self._refuse(429, 20429, "Too Many Requests")
            case "401":
                return self._refuse(401, 20003, "Authenticate")
            case "500_not_accepted":
                return self._refuse(500, 20500, "An internal server error has occurred")
            case "reset_not_accepted":
                return self._reset()
            case "redirect":
                return self._answer(302, b"", "text/html", {"Location": "/elsewhere"})
            case "late_accept":
                late = threading.Timer(twilio.account.behaviour.late_ms / 1000, self._accept, [form])
                late.daemon = True
                late.start()
                return self._reset()
        resource = twilio.account.resource(self._accept(form))
        match mode:
            case "500_after_accept":
                return self._refuse(500, 20500, "An internal server error has occurred")
            case "reset_after_accept":
                return self._reset()
            case "hang":
                twilio.stopping.wait(60)
                return self._reset()
            case "dribble":
                return self._dribble(resource)
            case "bad_json":
                return self._answer(201, b'{"sid": "SM', "application/json")
            case "no_sid":
                return self._json(201, {})
        return self._json(201, resource)

    def _accept(self, form: dict[str, str]) -> FakeMessage:
        message = self.server.twilio.account.accept(form)
        self.server.twilio.webhooks.report_later(message)
        return message

    def _refuse(self, status: int, code: int, message: str) -> None:
        page = f"https://www.twilio.com/docs/errors/{code}"
        self._json(status, {"code": code, "message": message, "more_info": page, "status": status})

    def _json(self, status: int, value: object) -> None:
        self._answer(status, json.dumps(value).encode(), "application/json")

    def _answer(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _dribble(self, resource: dict[str, Any]) -> None:
        """One byte at a time, so that no single read is ever late."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n")
            for byte in json.dumps(resource).encode():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.server.twilio.stopping.wait(0.05):
                    return

    def _reset(self) -> None:
        """Cut the line: lingering for zero seconds makes the close a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        """Say nothing: the accept log is the record."""


def main() -> None:
    """Run until interrupted; the first line printed is the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--account-sid", default=ACCOUNT_SID)
    parser.add_argument("--auth-token", default=AUTH_TOKEN)
    parser.add_argument("--inbound-url", default="", help="the application's webhook for inbound texts")
    asked = parser.parse_args()
    with FakeTwilio(
        account_sid=asked.account_sid,
        auth_token=asked.auth_token,
        inbound_url=asked.inbound_url,
        port=asked.port,
    ) as twilio:
        print(twilio.port, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
