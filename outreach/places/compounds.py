"""The communities' own tables of residential compounds: the geocoder that needs no network."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput
from outreach.kernel.geo import Point, is_possible
from outreach.places.codes import PointConfidence
from outreach.places.models import Area, Compound


@dataclass(frozen=True, slots=True)
class FoundCompound:
    """The compound an address names; low confidence when two communities have one of that name."""

    compound_id: int
    point: Point
    confidence: PointConfidence
    gate_note: str


def find_in_compounds(session: Session, *, area_id: int | None, text: str) -> FoundCompound | None:
    """Return the compound whose name (or alias) an address contains, the longest name first.

    The address's own community is searched first; another community's compound is taken only when
    no other has that name, because 幸福小区 exists everywhere.
    """
    folded = fold(text)
    if not folded:
        return None
    own = _community_of(session, area_id)
    hits: list[tuple[bool, int, Compound]] = []
    for compound in session.scalars(select(Compound).order_by(Compound.id).limit(20_000)):
        length = max((len(name) for name in _names(compound) if name and name in folded), default=0)
        if length:
            hits.append((compound.community_id == own, length, compound))
    if not hits:
        return None
    hits.sort(key=lambda hit: (not hit[0], -hit[1], hit[2].id))
    is_own, length, best = hits[0]
    rivals = [h for h in hits[1:] if h[0] == is_own and h[1] == length]
    if rivals and not is_own:
        return None
    confidence = PointConfidence.HIGH if is_own and not rivals else PointConfidence.MEDIUM
    return FoundCompound(
        compound_id=best.id,
        point=Point(best.latitude, best.longitude),
        confidence=confidence,
        gate_note=best.gate_note,
    )


def add_compound(
    session: Session,
    *,
    community_id: int,
    name: str,
    point: Point,
    aliases: tuple[str, ...] = (),
    gate_note: str = "",
) -> Compound:
    """Add a compound to a community's table, or move the one of that name."""
    if not fold(name):
        raise InvalidInput("name_missing", field="name")
    if not is_possible(point):
        raise InvalidInput("point_impossible", field="point")
    found = session.scalars(
        select(Compound).where(Compound.community_id == community_id, Compound.name == name.strip())
    ).first()
    compound = found or Compound(community_id=community_id, name=name.strip())
    compound.latitude, compound.longitude = point
    compound.aliases = [a.strip() for a in aliases if a.strip()]
    compound.gate_note = gate_note.strip()
    session.add(compound)
    session.flush()
    return compound


def compounds_of(session: Session, community_id: int) -> list[Compound]:
    """Return a community's compounds by name."""
    question = select(Compound).where(Compound.community_id == community_id)
    return list(session.scalars(question.order_by(Compound.name, Compound.id).limit(2000)))


def fold(text: str) -> str:
    """Return a text without spaces, width and case, as compounds are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _names(compound: Compound) -> list[str]:
    return [fold(compound.name), *(fold(alias) for alias in compound.aliases)]


def _community_of(session: Session, area_id: int | None) -> int | None:
    if area_id is None:
        return None
    area = session.get(Area, area_id)
    if area is None:
        return None
    return area.parent_id if area.level == "grid" else area.id
