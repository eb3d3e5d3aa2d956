"""The one way texts leave, and the one place that asks the provider what became of them."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from assistant.errors import AssistantError, SendError
from assistant.provider_errors import outcome_of_answer
from assistant.twilio_http import PooledHttpClient, TransportError

TWILIO_API: Final = "https://api.twilio.com"

# Twilio takes a text back unsent after at most this long (ValidityPeriod).
MAX_VALIDITY_SECONDS: Final = 36_000

# Rows in one answer of the provider's list, 1000 at most. All of one patient's fit, so that the order in
# which unsent texts are listed (Twilio does not say) cannot hide one; a clinic's number gets many more.
FIND_PAGE: Final = 1000
RECEIVED_PAGE: Final = 200

# What the SDK raises over an answer whose fields are not of the types that it expects. The request has been
# made by then, so this must not look like a fault of ours that may be repeated.
_UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class OutgoingText:
    """A text to hand over. ``sender`` None means the Messaging Service; ``callback_url`` carries ``oid``."""

    oid: str
    to: str
    sender: str | None
    body: str
    validity_seconds: int
    callback_url: str


@dataclass(frozen=True)
class Accepted:
    """The provider has taken the text. It has not been sent, let alone read.

    ``segments`` is None where the provider does not know yet: it counts when a sender has been chosen.
    """

    sid: str
    status: str
    segments: int | None


@dataclass(frozen=True)
class ProviderMessage:
    """A row of the provider's own log. ``created_at`` is aware, in UTC, to the second."""

    sid: str
    to: str
    body: str
    status: str
    created_at: datetime
    direction: str
    from_: str
    media_count: int = 0
    error_code: str | None = None


class LookupFailed(AssistantError):
    """The provider's log could not be read, so it proves nothing. ``code`` as in ``SendError``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gateway(Protocol):
    """What the scheduler needs from a provider of texts. Safe to call from many threads."""

    def send(self, text: OutgoingText) -> Accepted:
        """Hand over one text, once; never try a second time. Raises ``SendError`` and nothing else."""

    def find(self, to: str, since: datetime) -> list[ProviderMessage]:
        """Return what was sent to ``to`` from ``since`` on, newest first. Raises ``LookupFailed``.

        The provider's log can lag, so that a text is missing from it does not prove that it was refused.
        """

    def received(self, to: str, since: datetime) -> list[ProviderMessage]:
        """Return what came in for our number ``to`` from ``since`` on, oldest first.

        Raises ``LookupFailed``.
        """


class TwilioGateway:
    """Twilio over its SDK. ``base_url`` is another REST base, such as a fake's; None is Twilio's own."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        messaging_service_sid: str | None = None,
        base_url: str | None = None,
        timeout_seconds: float = 20,
        connections: int = 64,
    ) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._messaging_service_sid = messaging_service_sid
        self._base_url = (base_url or TWILIO_API).rstrip("/")
        self._http = PooledHttpClient(self._base_url, timeout_seconds, connections)
        # The SDK does not promise that threads may share a client; one each costs nothing.
        self._local = threading.local()
        # Below this level both write addresses, and a list call's address holds the patient's number.
        for name in ("twilio.http_client", "urllib3.connectionpool"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def send(self, text: OutgoingText) -> Accepted:
        """See ``Gateway.send``."""
        if text.sender:
            sender = {"from_": text.sender}
        elif self._messaging_service_sid:
            sender = {"messaging_service_sid": self._messaging_service_sid}
        else:
            raise SendError("no_sender", "configuration")
        try:
            message = self._client().messages.create(
                to=text.to,
                body=text.body,
                validity_period=min(text.validity_seconds, MAX_VALIDITY_SECONDS),
                status_callback=text.callback_url,
                **sender,
            )
        # Without a chain, all of them: the provider's own words hold the patient's number.
        except TransportError as error:
            raise SendError(error.code, error.outcome) from None
        except (TwilioRestException, TwilioServiceException) as error:
            code = _code(error.status, error.code)
            raise SendError(code, outcome_of_answer(error.status, code)) from None
        except _UNREADABLE:
            raise SendError("bad_answer", "in_doubt") from None
        if not message.sid:
            raise SendError("bad_answer", "in_doubt")
        # A Messaging Service answers 0: the sender, and with it the count, is chosen later.
        segments = str(message.num_segments)
        return Accepted(
            sid=message.sid,
            status=message.status or "queued",
            segments=int(segments) or None if segments.isdigit() else None,
        )

    def find(self, to: str, since: datetime) -> list[ProviderMessage]:
        """See ``Gateway.find``."""
        return [row for row in self._log_of(to, since, FIND_PAGE) if row.direction != "inbound"]

    def received(self, to: str, since: datetime) -> list[ProviderMessage]:
        """See ``Gateway.received``."""
        rows = [row for row in self._log_of(to, since, RECEIVED_PAGE) if row.direction == "inbound"]
        return sorted(rows, key=lambda row: row.created_at)

    def _log_of(self, to: str, since: datetime, page_size: int) -> list[ProviderMessage]:
        # By To alone: the provider's date filter is on the sending date, which a queued text does not have.
        try:
            return list(self._rows(to, since, page_size))
        except TransportError as error:
            raise LookupFailed(error.code) from None
        except TwilioException as error:
            # A refused list is a bare TwilioException with the response as its second argument.
            answer = error.args[1] if len(error.args) > 1 else None
            raise LookupFailed(str(answer.status_code) if answer else "bad_answer") from None
        except _UNREADABLE:
            raise LookupFailed("bad_answer") from None

    def _rows(self, to: str, since: datetime, page_size: int) -> Iterator[ProviderMessage]:
        page = self._client().messages.page(to=to, page_size=page_size)
        whole_second = since.replace(microsecond=0)  # the provider's times have no fraction
        while page is not None:
            rows = [_row(message) for message in page]
            recent = [row for row in rows if row.created_at >= whole_second]
            yield from recent
            # Newest first, roughly: one old row proves nothing, a whole page of them does.
            page = page.next_page() if recent else None

    def _client(self) -> Any:
        client = getattr(self._local, "client", None)
        if client is None:
            client = Client(self._account_sid, self._auth_token, http_client=self._http)
            client.api.base_url = self._base_url
            self._local.client = client
        return client


def _code(http_status: int, code: object) -> str:
    if 300 <= http_status < 400:
        return "redirect"
    return str(code or http_status)


def _row(message: Any) -> ProviderMessage:
    if not message.sid or message.date_created is None:
        raise LookupFailed("bad_answer")
    return ProviderMessage(
        sid=message.sid,
        to=message.to or "",
        body=message.body or "",
        status=message.status or "",
        created_at=message.date_created,
        direction=message.direction or "",
        from_=message.from_ or "",
        media_count=int(message.num_media or 0),
        error_code=str(message.error_code) if message.error_code else None,
    )
