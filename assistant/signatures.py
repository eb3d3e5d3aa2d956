"""Who sent a webhook: Twilio's signature over the address and the form, ours over time and body."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from twilio.request_validator import RequestValidator

# A form: its pairs in any order, or a mapping to one or several values each.
Form = Iterable[tuple[str, str]] | Mapping[str, str] | Mapping[str, Sequence[str]]

# A unix time in seconds has ten digits until the year 2286.
_TIME_DIGITS: Final = 12


def twilio_signature(url: str, params: Form, token: str) -> str:
    """Return the X-Twilio-Signature for a form posted to ``url``: base64 of HMAC-SHA1.

    Signed are the address and then every name and value, sorted, each pair once and without separators.
    ``url`` is what Twilio calls: with the query, without a fragment.
    """
    return _sign(_signed_text(url, _pairs(params)), token)


def twilio_signature_valid(url: str, params: Form, header: str | None, tokens: Sequence[str]) -> bool:
    """Return whether one of ``tokens`` signed this form for ``url``, our configured public address.

    Several tokens are valid while one replaces the other. Nothing that a stranger sends raises.
    """
    # bodySHA256 stands for a JSON body, which ``params`` does not hold: nothing would be checked.
    if not header or not header.isascii() or "bodySHA256" in url:
        return False
    pairs = _pairs(params)
    try:
        signed = _signed_text(url, pairs)
    except UnicodeEncodeError:  # a lone surrogate, which cannot come from Twilio
        return False
    accepted = [token for token in tokens if token]  # anybody can sign with an empty one
    if any(hmac.compare_digest(_sign(signed, token), header) for token in accepted):
        return True
    # Rare: Twilio signs some addresses with the default port spelt out, or leaves a spelt-out one off.
    # The validator knows those, at five times the price.
    values = _Values(pairs)
    try:
        return any(RequestValidator(token).validate(url, values, header) for token in accepted)
    except ValueError:  # what was asked for, put behind our host, is no address
        return False


def sign_sessions(body: bytes, secret: str, now: datetime) -> str:
    """Return the Aftercare-Signature header for ``body``, with a ``v1`` for each secret in the list."""
    time = str(int(now.timestamp()))
    versions = [f"v1={_sessions_digest(time, body, key)}" for key in _secrets(secret)]
    return ",".join([f"t={time}", *versions])


def sessions_signature_valid(
    header: str | None, body: bytes, secret: str, now: datetime, tolerance_seconds: int = 300
) -> bool:
    """Return whether one of the secrets in ``secret`` (a list with commas) signed ``body`` just now.

    ``header`` holds one ``t`` and any number of ``v1``; unknown parts are ignored. A time further from
    ``now`` than ``tolerance_seconds``, either way, is refused, and so is a header that is missing or odd.
    """
    if not header or not header.isascii():
        return False
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > _TIME_DIGITS:
        return False
    if abs(now.timestamp() - int(times[0])) > tolerance_seconds:
        return False
    expected = [_sessions_digest(times[0], body, key) for key in _secrets(secret)]
    return any(
        hmac.compare_digest(digest, value.lower()) for name, _, value in parts if name == "v1" for digest in expected
    )


class _Values(dict[str, list[str]]):
    """Fields with all their values, in the shape the validator reads quickest."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getall(self, name: str) -> list[str]:
        return self[name]


def _pairs(params: Form) -> list[tuple[str, str]]:
    if not isinstance(params, Mapping):
        return list(params)
    getlist = getattr(params, "getlist", None)
    if getlist:  # Flask's form: its items() would give the first value of each name only
        return [(name, value) for name in params for value in getlist(name)]
    return [
        (name, value) for name, values in params.items() for value in ([values] if isinstance(values, str) else values)
    ]


def _signed_text(url: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    return (url + "".join(name + value for name, value in sorted(set(pairs)))).encode()


def _sign(signed: bytes, token: str) -> str:
    return base64.b64encode(hmac.digest(token.encode(), signed, "sha1")).decode()


def _sessions_digest(time: str, body: bytes, key: str) -> str:
    return hmac.new(key.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()


def _secrets(secret: str) -> list[str]:
    return [key.strip() for key in secret.split(",") if key.strip()]
