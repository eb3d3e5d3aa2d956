"""How tests change the words, and who signs them."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from assistant.models import Role, SignOff, Staff
from assistant.services import sign_offs
from messages.catalog import Catalog
from messages.edition import Edition

FACE = ("mesotherapy_face", "en")


def reworded(catalog: Catalog, name: str = "mesotherapy_face", language: str = "en", **texts: str) -> Catalog:
    """The same content, but for some texts."""
    edition = catalog.editions[name, language]
    return with_edition(catalog, replace(edition, texts={**edition.texts, **texts}))


def with_edition(catalog: Catalog, edition: Edition) -> Catalog:
    return replace(catalog, editions={**catalog.editions, (edition.name, edition.language): edition})


def sign(
    session: Session,
    catalog: Catalog,
    staff_id: int,
    now: datetime,
    edition: tuple[str, str] = FACE,
    note: str = "",
) -> SignOff:
    """Sign what the catalog says, having read just that."""
    name, language = edition
    return sign_offs.sign(
        session,
        catalog,
        staff=session.get_one(Staff, staff_id),
        name=name,
        language=language,
        sha256=catalog.editions[edition].sha256,
        note=note,
        now=now,
    )


def add_staff(session: Session, role: Role, clinic_id: int | None, *, name: str = "Mo Okafor") -> int:
    """Write one more person with an account; return the id."""
    created = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    email = f"{name.lower().replace(' ', '.')}@example.com"
    phone = f"+1202555{2000 + sum(map(ord, name)) % 7000:04}"
    staff = Staff(clinic_id=clinic_id, name=name, email=email, phone=phone, role=role, created_at=created)
    session.add(staff)
    session.flush()
    return staff.id
