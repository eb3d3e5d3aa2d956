"""The Twilio SDK's requests over one bounded urllib3 pool: no retries, no redirects, one deadline for all.

The SDK's own transport has no deadline, and drops and remakes connections when there are more threads
than cores; this one costs a third of the CPU and knows whether a request can have been received.
"""

import io
import logging
import ssl
from collections.abc import Mapping
from http.client import HTTPResponse
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import certifi
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

# A connection that has been quiet for longer is not used again: a router on the way may have forgotten it
# without telling either end, and a text posted into that silence would be in doubt.
IDLE_SECONDS: Final = 30.0

CONNECT_SECONDS: Final = 10.0


class TransportError(Exception):
    """No usable answer came. ``code`` and ``outcome`` are as in ``SendError``."""

    def __init__(self, code: str, outcome: str) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = outcome


class PooledHttpClient(HttpClient):  # type: ignore[misc]
    """Carries requests to ``base_url``'s host, for any number of threads; ``connections`` at a time.

    No other host is ever called: not one the SDK would make up from TWILIO_EDGE and TWILIO_REGION, not one
    that a redirect names, and no proxy from the environment.

    ``timeout_seconds`` bounds connecting plus the whole answer, however slowly it trickles in; where there
    are more threads than connections, the wait for one is bounded by the same figure again. Only name
    resolution is outside it: that is the system's to bound.
    """

    def __init__(self, base_url: str, timeout_seconds: float, connections: int) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), is_async=False, timeout=timeout_seconds)
        parts = urlsplit(base_url)
        if parts.scheme == "https":
            self._pool: HTTPConnectionPool = _TlsPool(
                parts.hostname or "",
                parts.port,
                maxsize=connections,
                block=True,
                ssl_context=_trusting_context(),
            )
        else:
            self._pool = _PlainPool(parts.hostname or "", parts.port, maxsize=connections, block=True)

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: ARG002 - the SDK passes it; redirects are never followed
    ) -> Response:
        """Return the answer, whatever its status. Raises ``TransportError`` if there is none to read."""
        seconds = timeout or self.timeout
        sent_headers = dict(headers or {})
        if auth:
            sent_headers.update(make_headers(basic_auth=":".join(auth)))
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, _form(params))))
        try:
            answer = self._pool.urlopen(
                method,
                f"{parts.path}?{query}" if query else parts.path,
                body=_form(data) if data else None,
                headers=sent_headers,
                retries=False,
                redirect=False,
                timeout=Timeout(connect=min(CONNECT_SECONDS, seconds), total=seconds),
                pool_timeout=seconds,  # type: ignore[arg-type]  # declared int
            )
        except HTTPError as error:
            # Without a chain: the original's text may hold the address, and that a patient's number.
            raise _transport_error(error) from None
        text = answer.data.decode("utf-8", errors="replace")
        return Response(answer.status, text, answer.headers)


class _CertificateError(NewConnectionError):
    """The other end could not prove who it is."""


class _TlsError(NewConnectionError):
    """The handshake failed."""


class _WholeAnswerInTime(HTTPResponse):
    """Makes the socket's timeout, which is per read, a budget for the whole answer."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        # urllib3 has just set the timeout to what is left of the total.
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, monotonic() + sock.gettimeout()))


class _DeadlineReader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: Any, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Connection(HTTPConnection):
    response_class = _WholeAnswerInTime
    _used_at = 0.0

    def connect(self) -> None:
        """Connect. Whatever goes wrong here goes wrong before a request was sent, and is raised as such."""
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            raise _CertificateError(self, "certificate refused") from error
        except ssl.SSLError as error:
            raise _TlsError(self, "handshake failed") from error
        except OSError as error:
            raise NewConnectionError(self, "connection failed") from error
        self._used_at = monotonic()

    def getresponse(self) -> Any:
        self._used_at = monotonic()
        return super().getresponse()

    @property
    def is_connected(self) -> bool:
        return super().is_connected and monotonic() - self._used_at < IDLE_SECONDS


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS: ``super().connect()`` above is then the one with the handshake."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _transport_error(error: HTTPError) -> TransportError:
    match error:
        case EmptyPoolError():
            return TransportError("busy", "retry")
        case NameResolutionError():
            return TransportError("dns", "retry")
        case _CertificateError():
            return TransportError("certificate", "configuration")
        case _TlsError():
            return TransportError("tls", "retry")
        case NewConnectionError():
            return TransportError("refused", "retry")
        case ConnectTimeoutError():
            return TransportError("connect_timeout", "retry")
        case ReadTimeoutError():
            return TransportError("timeout", "in_doubt")
        case _:
            return TransportError("connection_lost", "in_doubt")


def _trusting_context() -> ssl.SSLContext:
    """The system's roots, and certifi's for machines that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _form(fields: Mapping[str, object] | None) -> str:
    return urlencode([(name, value) for name, value in (fields or {}).items() if value is not None], doseq=True)
