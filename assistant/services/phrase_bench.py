"""A clinic tries phrases before it uses them: the verdict on each, and what past texts would have been."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from assistant.errors import Invalid, Problem
from assistant.models import Clinic
from assistant.rules.clinic_phrases import OwnPhrases, Phrase, without
from assistant.rules.commands import judge
from assistant.rules.verdict import Context, SessionContext, Verdict
from assistant.services import clinic_phrases, past_replies
from assistant.services.content import Content

MOST_TRIED = 200
_LONGEST_TRIED = 1_600  # characters, as of a text


@dataclass(frozen=True)
class Tried:
    """One phrase, the verdict that a patient's text of these words would get here, and the shipped rules' alone."""

    text: str
    verdict: Verdict
    shipped: Verdict


@dataclass(frozen=True)
class Change:
    """A past text whose category would be another."""

    message_id: int
    conversation_id: int | None
    at: datetime
    text: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True)
class Effect:
    """What past texts would have been. ``matched`` is how many hold the phrase; newest first in each direction."""

    looked_at: int
    matched: int
    up: tuple[Change, ...]
    down: tuple[Change, ...]


def try_phrases(
    session: Session,
    content: Content,
    clinic: Clinic,
    texts: Sequence[str],
    *,
    day: int | None,
    language: str,
    protocol: str = "mesotherapy_face",
    draft: Phrase | None = None,
) -> list[Tried]:
    """Return the verdict on each text and why, with this clinic's live phrases and, if given, a draft.

    ``day`` is whole days since a session of ``protocol``, None for no session known. Writes nothing.
    Raises Invalid for more texts, or longer ones, than patients send.
    """
    if len(texts) > MOST_TRIED:
        raise Invalid([Problem("texts", f"try {MOST_TRIED} at most at a time")])
    if any(len(text) > _LONGEST_TRIED for text in texts):
        raise Invalid([Problem("texts", f"make each {_LONGEST_TRIED} characters or fewer")])
    known = content.catalog.protocols.get(protocol)
    if known is None:
        raise Invalid([Problem("protocol", f"use one of {', '.join(sorted(content.catalog.protocols))}")])
    treated = () if day is None else (SessionContext(protocol, day, swelling_days=known.swelling_days),)
    context = Context(language=language, country=clinic.country, sessions=treated)
    phrases = [*clinic_phrases.live_phrases(session, clinic.id), *([draft] if draft is not None else [])]
    own = OwnPhrases(phrases, content.lexicon)
    tried = []
    for text in texts:
        shipped = judge(text, context, content.lexicon, content.catalog.keyword)
        tried.append(Tried(text, own.raised(shipped, text, context), shipped))
    return tried


def effect_of(session: Session, content: Content, clinic: Clinic, draft: Phrase, now: datetime) -> Effect:
    """Return which past texts of this clinic would change category if ``draft``, stored or not, were live."""
    live = [one for one in clinic_phrases.live_phrases(session, clinic.id) if one.id is None or one.id != draft.id]
    return _effect(session, content, clinic, draft, now, before=live, after=[*live, draft])


def effect_of_dropping(session: Session, content: Content, clinic: Clinic, phrase_id: int, now: datetime) -> Effect:
    """Return which past texts of this clinic would change category without one of its live phrases."""
    live = clinic_phrases.live_phrases(session, clinic.id)
    dropped = next((one for one in live if one.id == phrase_id), None)
    if dropped is None:
        raise Invalid([Problem("phrase", "it is not live at this clinic: there is nothing to drop")])
    left = [one for one in live if one.id != phrase_id]
    return _effect(session, content, clinic, dropped, now, before=live, after=left)


def _effect(
    session: Session,
    content: Content,
    clinic: Clinic,
    changed: Phrase,
    now: datetime,
    *,
    before: Sequence[Phrase],
    after: Sequence[Phrase],
) -> Effect:
    """Compare two sets of phrases on what the shipped rules said when each text came."""
    texts = past_replies.newest(session, clinic.id, now)
    alone = OwnPhrases([changed], content.lexicon)
    matched = [text for text in texts if alone.said(text.text)]
    known = past_replies.contexts(session, content, clinic, matched)
    was, becomes = OwnPhrases(before, content.lexicon), OwnPhrases(after, content.lexicon)
    up: list[Change] = []
    down: list[Change] = []
    for text in matched:
        shipped, context = without(text.verdict), known[text.id]
        old, new = (own.raised(shipped, text.text, context) for own in (was, becomes))
        if old.category is not new.category:
            change = Change(text.id, text.conversation_id, text.at, text.text, old, new)
            (up if new.category.severity > old.category.severity else down).append(change)
    return Effect(len(texts), len(matched), tuple(up), tuple(down))
