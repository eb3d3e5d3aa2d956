"""What is wrong with a body, in words: each error of the reader becomes a field, a problem and its fix."""

from typing import Final

from pydantic_core import ErrorDetails

from assistant.errors import Problem
from assistant.services.strict_json import WHOLE


def in_words(error: ErrorDetails) -> Problem:
    """Return one error of the reader as a field and a sentence that a person can act on."""
    return Problem(".".join(str(step) for step in error["loc"])[:120] or WHOLE, _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return f"is missing: add {_WHAT.get(str(error['loc'][-1]), 'it')}"
        case "extra_forbidden":
            return "is not a field of the contract: leave it out"
        case "string_type":
            return "is not text: put it in quotation marks"
        case "string_too_short":
            return f"is too short: give {context['min_length']} characters or more"
        case "string_too_long":
            return f"is too long: give {context['max_length']} characters at most"
        case "too_long":
            return f"has too many entries: give {context['max_length']} at most"
        case "bool_type":
            return "is not true or false: write true, without quotation marks"
        case "literal_error":
            return f"is not known: use {context['expected'].replace(chr(39), '')}"
        case "tuple_type":
            return "is not a list: put it in square brackets"
        case "model_type" | "model_attributes_type":
            return "is not an object: put its fields in braces"
    return f"{error['msg']}: correct it"


# What to add where a field is missing.
_WHAT: Final = {
    "event_id": "an id that is new for every event",
    "patient": 'an object such as {"external_id": "p-77"}',
    "session": 'an object such as {"external_id": "s-9"}',
    "next_visit": 'an object such as {"external_id": "v-3", "starts_at": "2026-11-29T10:00:00-05:00"}',
    "consent": 'an object with "sms", "at", "method" and "wording_version": nobody is texted without consent',
    "external_id": "the id that your system knows it by",
    "name": "the name",
    "phone": "the patient's mobile number",
    "protocol": "the id of a protocol, such as mesotherapy_face",
    "performed_at": "when the session took place, such as 2026-11-22T10:00:00-05:00",
    "starts_at": "when the visit starts, such as 2026-11-29T10:00:00-05:00",
    "sms": "true if the patient agreed to texts",
    "at": "when the patient agreed, such as 2026-11-22T09:50:00-05:00",
    "method": "paper, web, verbal or text",
    "wording_version": "which wording the patient agreed to, such as 2026-10",
}


def listed(words: list[str]) -> str:
    """``a, b or c``"""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
