"""Which words nobody has signed: what every staff screen names as a draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlmodel import Session, col

from assistant.models import Clinic, SignOff
from assistant.services.texts import STAFF_LANGUAGE
from messages.catalog import Catalog

# What the files of words that no protocol times are called on screens.
_TITLES = {
    "replies": "answers to patients",
    "staff": "texts to staff",
    "areas": "names of areas",
    "dates": "dates",
}


@dataclass(frozen=True)
class Drafts:
    """What of today's content is signed at some clinics, and what is not."""

    catalog: Catalog
    languages: Mapping[int, Sequence[str]]  # clinic id -> those it speaks
    signed: frozenset[tuple[int, str, str, str]]  # clinic id, name, language, digest

    def is_draft(self, clinic_id: int, name: str, language: str) -> bool:
        """Whether these words exist and nobody has signed them for this clinic."""
        edition = self.catalog.editions.get((name, language))
        return edition is not None and (clinic_id, name, language, edition.sha256) not in self.signed

    def anywhere(self, name: str) -> bool:
        """Whether it is a draft at any of the clinics, in any language that the clinic speaks."""
        return bool(self._languages(name))

    def titles(self) -> tuple[str, ...]:
        """Return what is a draft at any of the clinics, with the languages if others are signed."""
        found = []
        for name in dict.fromkeys(name for name, _ in self.catalog.editions):
            drafts = self._languages(name)
            used = {language for clinic_id in self.languages for language in self._used(clinic_id, name)}
            if drafts:
                title = title_of(self.catalog, name)
                found.append(title if drafts == used else f"{title} ({', '.join(sorted(drafts))})")
        return tuple(found)

    def _languages(self, name: str) -> set[str]:
        return {
            language
            for clinic_id in self.languages
            for language in self._used(clinic_id, name)
            if self.is_draft(clinic_id, name, language)
        }

    def _used(self, clinic_id: int, name: str) -> set[str]:
        spoken = [STAFF_LANGUAGE] if name == "staff" else self.languages[clinic_id]
        return {language for language in spoken if (name, language) in self.catalog.editions}


def at(session: Session, catalog: Catalog, clinic_ids: Sequence[int]) -> Drafts:
    """Return what is signed at these clinics, read in one statement. A signature for all locations counts at each."""
    current = [edition.sha256 for edition in catalog.editions.values()]
    counts = or_(col(SignOff.clinic_id).is_(None), col(SignOff.clinic_id) == Clinic.id)
    rows = session.execute(
        select(col(Clinic.id), col(Clinic.languages), col(SignOff.name), col(SignOff.language), col(SignOff.sha256))
        .outerjoin(SignOff, counts & col(SignOff.sha256).in_(current))
        .where(col(Clinic.id).in_(clinic_ids))
    ).all()
    return Drafts(
        catalog=catalog,
        languages={clinic_id: languages for clinic_id, languages, *_ in rows},
        signed=frozenset((clinic_id, name, language, sha) for clinic_id, _, name, language, sha in rows if name),
    )


def title_of(catalog: Catalog, name: str) -> str:
    """Return what staff call a protocol or a file of words."""
    return _TITLES.get(name) or catalog.title(name, STAFF_LANGUAGE)
