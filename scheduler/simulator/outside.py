"""What the world outside posts to us: the provider's webhooks and the booking system's events, signed as theirs."""

import json
from typing import Any

from flask import Flask
from werkzeug.test import Client

from assistant import clock
from assistant.settings import Settings
from assistant.signatures import sign_sessions, twilio_signature


class Outside:
    """Calls the application as a stranger on the network would: through its WSGI door, past every check."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._client = Client(app, use_cookies=False)
        self._settings = settings

    def report(self, address: str, *, sid: str, to: str, sender: str, status: str) -> None:
        """Post one status callback to ``address``, which carries our message id."""
        self._post(address, {"MessageSid": sid, "MessageStatus": status, "To": to, "From": sender})

    def text(self, *, sid: str, sender: str, to: str, body: str) -> None:
        """Post a text that came in for the clinic's number ``to``. Answered only after it is stored and triaged."""
        form = {"MessageSid": sid, "From": sender, "To": to, "Body": body, "NumMedia": "0", "SmsStatus": "received"}
        self._post(self._settings.public_url + "/webhooks/twilio/inbound", form)

    def session_event(self, event: dict[str, Any]) -> None:
        """Post an event of the booking system."""
        body = json.dumps(event).encode()
        secret = self._settings.sessions_webhook_secret.get_secret_value()
        answer = self._client.post(
            "/webhooks/sessions",
            base_url=self._settings.public_url,
            data=body,
            content_type="application/json",
            headers={"Aftercare-Signature": sign_sessions(body, secret, clock.now())},
        )
        if answer.status_code not in (200, 201):
            raise RuntimeError(f"the session event was answered {answer.status_code}: {answer.get_data(as_text=True)}")

    def _post(self, address: str, form: dict[str, str]) -> None:
        form = {"AccountSid": self._settings.twilio_account_sid, "ApiVersion": "2010-04-01", **form}
        signature = twilio_signature(address, form, self._settings.auth_tokens[0])
        answer = self._client.post(
            address.removeprefix(self._settings.public_url),
            base_url=self._settings.public_url,
            data=form,
            headers={"X-Twilio-Signature": signature},
        )
        if not 200 <= answer.status_code < 300:
            raise RuntimeError(f"{address} was answered {answer.status_code}")
