"""What an installation still lacks before its first day: areas, people who work here, sites, a list."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant
from outreach.clinics.models import Site
from outreach.ledger.models import Resident
from outreach.places.codes import AreaLevel
from outreach.places.models import Area


class FirstStep(StrEnum):
    """One step, in the order in which they are taken."""

    AREAS = "areas"
    PEOPLE = "people"
    SITES = "sites"
    LIST = "list"


def steps_left(session: Session) -> list[FirstStep]:
    """Return the steps that nobody has taken yet, in their order."""
    taken = {
        FirstStep.AREAS: select(Area.id).where(Area.level == AreaLevel.COMMUNITY),
        FirstStep.PEOPLE: select(RoleGrant.id).where(
            RoleGrant.role == Role.GRID_WORKER, RoleGrant.revoked_at.is_(None)
        ),
        FirstStep.SITES: select(Site.id),
        FirstStep.LIST: select(Resident.id),
    }
    return [
        step
        for step, question in taken.items()
        if session.scalars(question.limit(1)).first() is None
    ]
