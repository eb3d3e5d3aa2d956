"""A clinic's own phrases: which are live, and known to every process from the next text on."""

from sqlmodel import Session, col, select

from assistant.models import ClinicPhrase, PhraseState
from assistant.rules.clinic_phrases import OwnPhrases, Phrase
from assistant.services.content import Content
from assistant.services.shapes import Place


def of(session: Session, content: Content, clinic: Place) -> OwnPhrases | None:
    """Return the phrases that raise verdicts at this clinic; None for a clinic without any, with no statement.

    They are read once and kept while the clinic's row has the same tag, which every change of them replaces.
    """
    tag = clinic.phrases_tag
    if tag is None:
        return None
    known = content.own_phrases.get(clinic.id)
    if known is None or known[0] != tag:
        known = content.own_phrases[clinic.id] = tag, OwnPhrases(live_phrases(session, clinic.id), content.lexicon)
    return known[1]


def live_phrases(session: Session, clinic_id: int) -> list[Phrase]:
    """Return the live phrases of a clinic, oldest first."""
    rows = session.exec(
        select(ClinicPhrase)
        .where(ClinicPhrase.clinic_id == clinic_id, ClinicPhrase.state == PhraseState.LIVE)
        .order_by(col(ClinicPhrase.id))
    )
    return [as_phrase(row) for row in rows]


def history(session: Session, clinic_id: int) -> list[ClinicPhrase]:
    """Return every phrase that the clinic ever had, drafts and dropped ones too, newest first."""
    mine = ClinicPhrase.clinic_id == clinic_id
    return list(session.exec(select(ClinicPhrase).where(mine).order_by(col(ClinicPhrase.id).desc())))


def as_phrase(row: ClinicPhrase) -> Phrase:
    """Return a stored phrase as the rules read it."""
    return Phrase(row.language, row.phrase, row.category, row.concept, row.id)
