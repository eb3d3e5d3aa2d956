"""What the provider's error codes mean: whether trying again can help, and what staff are told."""

from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["permanent", "configuration", "retry", "in_doubt"]


@dataclass(frozen=True)
class ProviderError:
    """One error code.

    ``outcome`` is as in ``SendError``. ``tell`` is the sentence for staff. ``opts_out`` says that the
    patient has refused texts with the provider, so that our own record must follow. ``whole_account``
    says that no text of any clinic can go out; without it a ``configuration`` error is about one sender.
    """

    outcome: Outcome
    tell: str
    opts_out: bool = False
    whole_account: bool = False


def _account(tell: str) -> ProviderError:
    return ProviderError("configuration", tell, whole_account=True)


_BAD_NUMBER = ProviderError("permanent", "The phone number is not valid. Correct it with the patient.")
_LANDLINE = ProviderError("permanent", "This is a landline or cannot get texts. Phone the patient instead.")
_NO_ROUTE = ProviderError("permanent", "This number cannot be reached by text from ours. Phone instead.")
_NO_COUNTRY = ProviderError(
    "permanent", "Texts to this number's country are not switched on at Twilio. Phone, and tell an admin."
)
_BAD_SENDER = ProviderError("configuration", "The clinic's number cannot send this text. Tell an admin.")
_BAD_SERVICE = ProviderError("configuration", "The Messaging Service at Twilio has no number to send with.")
_BAD_REQUEST = ProviderError("permanent", "Twilio refused the text itself: too long, empty or malformed.")
_DOWN = _account("Texting is down: Twilio refused our login or the account. Phone the patients due today.")
_UNREGISTERED = ProviderError(
    "configuration", "The clinic's number is not registered with the carriers, so no US text goes out."
)
_PROVISIONING = ProviderError("retry", "The clinic's number is new and not active yet.")
_BUSY = ProviderError("retry", "Delayed: there is a queue at the provider or the carrier.")
_UNKNOWN_FATE = ProviderError("in_doubt", "Twilio did not say whether this text went out.")
_NOT_IN_SERVICE = ProviderError("permanent", "The number is not in service. Ask the patient for a new one.")
_OUR_WEBHOOK = ProviderError(
    "configuration", "Twilio could not hand us a message. Patients' replies may be late: tell an admin."
)
_CHANNEL_REFUSED = ProviderError("permanent", "WhatsApp or RCS refused this message. Phone if it matters.")

# Codes are Twilio's, from its error dictionary (www.twilio.com/docs/api/errors); a code may come with the
# answer to a send or, later, with a status report. HTTP statuses stand for answers that carry no code, and
# the words at the end are ours, for what happens before Twilio answers at all.
PROVIDER_ERRORS: Final[dict[str, ProviderError]] = {
    "401": _DOWN,
    "403": _DOWN,
    "404": _account("Texting is down: the account or the address of the provider is wrong. Tell an admin."),
    "429": _BUSY,
    "11200": _OUR_WEBHOOK,
    "11205": _OUR_WEBHOOK,
    "11750": _OUR_WEBHOOK,
    "12100": _OUR_WEBHOOK,
    "12200": _OUR_WEBHOOK,
    "12300": _OUR_WEBHOOK,
    "14107": ProviderError("permanent", "Too many texts to and fro in 30 seconds: a loop was cut."),
    "20003": _DOWN,
    "20005": _DOWN,
    "20006": _DOWN,
    "20008": _account("Twilio's test credentials are set. They send nothing: tell an admin."),
    "20404": _account("Texting is down: Twilio does not know this account. Tell an admin."),
    "20429": _BUSY,
    "20500": _UNKNOWN_FATE,
    "20503": _UNKNOWN_FATE,
    "21211": _BAD_NUMBER,
    "21212": _BAD_SENDER,
    "21265": ProviderError("permanent", "This is a short code, which cannot get our texts. Correct it."),
    "21266": ProviderError("permanent", "This is the clinic's own number. Correct it with the patient."),
    "21408": _NO_COUNTRY,
    "21601": _BAD_SENDER,
    "21602": _BAD_REQUEST,
    "21603": _BAD_SENDER,
    "21604": _BAD_REQUEST,
    "21605": _BAD_REQUEST,
    "21606": _BAD_SENDER,
    "21608": ProviderError(
        "permanent", "The Twilio account is a trial: it texts verified numbers only. Verify this one there."
    ),
    "21609": _account("Twilio refuses our address for status reports. Check PUBLIC_URL."),
    "21610": ProviderError(
        "permanent", "The patient has opted out of texts. Phone them; do not add them again.", opts_out=True
    ),
    "21611": _BUSY,
    "21612": _NO_ROUTE,
    "21614": _LANDLINE,
    "21617": _BAD_REQUEST,
    "21619": _BAD_REQUEST,
    "21620": _BAD_REQUEST,
    "21623": _BAD_REQUEST,
    "21635": _LANDLINE,
    "21654": _BAD_REQUEST,
    "21656": _BAD_REQUEST,
    "21658": _BAD_REQUEST,
    "21659": _BAD_SENDER,
    "21660": _BAD_SENDER,
    "21661": _BAD_SENDER,
    "21701": _BAD_SERVICE,
    "21703": _BAD_SERVICE,
    "21704": _BAD_SERVICE,
    "21705": _BAD_SERVICE,
    "30001": _BUSY,
    "30002": _DOWN,
    "30003": ProviderError("retry", "The phone is off or has no signal. Phone the patient if it matters."),
    "30004": ProviderError("permanent", "The patient's phone or carrier blocks our texts. Phone instead."),
    "30005": _NOT_IN_SERVICE,
    "30006": _LANDLINE,
    "30007": ProviderError("permanent", "A carrier blocked this text as spam. Its wording needs a review."),
    "30008": ProviderError("retry", "Not delivered, and the carrier gave no reason."),
    "30017": _BUSY,
    "30022": _BUSY,
    "30023": ProviderError("retry", "The daily limit for T-Mobile phones is used up. Phone what is urgent."),
    "30024": _PROVISIONING,
    "30027": ProviderError("retry", "The daily limit for T-Mobile phones is used up. Phone what is urgent."),
    "30032": ProviderError("configuration", "The clinic's free-call number is not verified."),
    "30033": _UNREGISTERED,
    "30034": _UNREGISTERED,
    "30035": _PROVISIONING,
    "30036": ProviderError("permanent", "The text was too old before it could leave. Decide whether to call."),
    "30047": ProviderError("retry", "Held back by the quiet hours set at Twilio."),
    "30410": ProviderError("in_doubt", "A carrier took the text and did not answer. It may have arrived."),
    "30450": ProviderError("retry", "Twilio's fraud check is holding texts to this number for half an hour."),
    "30610": ProviderError("retry", "Held back by the quiet hours set at Twilio."),
    "30640": ProviderError("permanent", "Twilio's compliance list blocks this number. Phone instead."),
    "63003": _CHANNEL_REFUSED,
    "63013": _CHANNEL_REFUSED,
    "63016": _CHANNEL_REFUSED,
    "63017": _BUSY,
    "63018": _BUSY,
    "63024": _CHANNEL_REFUSED,
    "63026": _CHANNEL_REFUSED,
    "63032": _CHANNEL_REFUSED,
    "63033": _CHANNEL_REFUSED,
    "63035": _CHANNEL_REFUSED,
    "63036": _CHANNEL_REFUSED,
    "63038": _BUSY,
    "63040": _CHANNEL_REFUSED,
    "63041": _CHANNEL_REFUSED,
    "63042": _CHANNEL_REFUSED,
    "63051": _CHANNEL_REFUSED,
    "dns": ProviderError("retry", "Not sent yet: the provider's address was not found. Is the network up?"),
    "refused": ProviderError("retry", "Not sent yet: the provider could not be reached."),
    "connect_timeout": ProviderError("retry", "Not sent yet: the provider did not pick up."),
    "busy": ProviderError("retry", "Not sent yet: too many texts are being handed over at once."),
    "tls": ProviderError("retry", "Not sent yet: no secure connection to the provider."),
    "certificate": _account("Texting is down: the provider's certificate is not trusted. Tell an admin."),
    "no_sender": ProviderError("configuration", "This clinic has no number to send from. Add one."),
    "redirect": _account("Texting is down: the provider's address leads elsewhere. Tell an admin."),
    "timeout": _UNKNOWN_FATE,
    "connection_lost": _UNKNOWN_FATE,
    "bad_answer": _UNKNOWN_FATE,
}


def explain(code: str) -> str:
    """Return the sentence that staff are told about ``code``; an unknown one links to Twilio's page."""
    known = PROVIDER_ERRORS.get(code)
    if known:
        return known.tell
    if len(code) == 5 and code.isascii() and code.isdigit():
        return f"Not delivered: Twilio's error {code}, https://www.twilio.com/docs/api/errors/{code}"
    return f"Not delivered: the provider answered {code}."


def opts_out(code: str) -> bool:
    """Return whether ``code`` means that the patient has opted out with the provider."""
    return code in PROVIDER_ERRORS and PROVIDER_ERRORS[code].opts_out


def stops_every_clinic(code: str) -> bool:
    """Return whether a ``configuration`` error stops all sending, and not only that of one sender."""
    return code not in PROVIDER_ERRORS or PROVIDER_ERRORS[code].whole_account


def outcome_of_answer(http_status: int, code: str) -> Outcome:
    """Return what to do about a send that was answered ``http_status`` (300 or more) and ``code``.

    The HTTP status decides first: 429 is documented as never processed, and after a 5xx the text may
    have been accepted whatever the body says. Below that the code decides, then the status.
    """
    if http_status == 429:
        return "retry"
    if http_status >= 500 or http_status == 408:
        return "in_doubt"
    if code in PROVIDER_ERRORS:
        return PROVIDER_ERRORS[code].outcome
    # 400 and 422 are about this text; any other refusal (payment, method, redirect) meets every text.
    return "permanent" if http_status in (400, 422) else "configuration"
