"""Words of the contract that mean one thing whatever else triage would read in them: NURSE, VISIT, a language."""

from collections.abc import Callable

from assistant.rules.triage import Compiled, triage
from assistant.rules.verdict import Category, Context, Finding, Verdict

# What a whole reply of one word asks for, and the language where it names one.
Keyword = Callable[[str], tuple[str, str | None] | None]


def judge(text: str, context: Context, lexicon: Compiled, keyword: Keyword) -> Verdict:
    """Return the verdict on a reply: a word of the contract, in any of the clinic's languages, else triage."""
    command = keyword(text)
    quote = (text.strip(),)
    match command:
        case ("nurse", _):
            finding = Finding("asked_for_nurse", Category.CONCERN, quote, "asks for a nurse")
            return Verdict(Category.CONCERN, (finding,), "nurse_called")
        case ("visit", _):
            finding = Finding("command_visit", Category.ADMIN, quote, "asks for the next visit")
            return Verdict(Category.ADMIN, (finding,), "admin", {"command": "visit"})
        case ("language", str(language)):
            finding = Finding(f"command_language_{language}", Category.ADMIN, quote, "changes the language")
            return Verdict(Category.ADMIN, (finding,), "admin", {"command": "language", "language": language})
        case ("photo", _) if not context.has_image:
            finding = Finding("photo_announced", Category.UNCLEAR, quote, "wants to send a picture, and none came")
            return Verdict(Category.UNCLEAR, (finding,), "unclear")
    return triage(text, context, lexicon)
