"""The first rows of an empty database: a default place, its keys' fingerprint, the seeds of data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.operations import seed_covid_campaign, seed_packs
from outreach.contact.message_models import SendingControl
from outreach.contact.wordings import seed_wordings
from outreach.kernel.errors import OutreachError
from outreach.places.models import Place
from outreach.places.operations import add_area
from outreach.places.queries import get_place, local_day
from outreach.vault import Vault


class OtherKeys(OutreachError):
    """keys.json is not the one that this database's numbers were sealed with."""


def initialise(session: Session, *, now: datetime, vault: Vault) -> bool:
    """Make what every installation has; return False when it was there already.

    The defaults (decisions §4): area code 0371, one district, one street, the COVID-19 campaign; all
    are edited on the administrator's pages later.
    """
    if session.scalars(select(Place.id).limit(1)).first() is not None:
        return False
    session.add(Place(name="示范区", key_fingerprint=vault.fingerprint()))
    session.add(SendingControl())
    district = add_area(session, name="示范区", parent_id=None)
    add_area(session, name="示范街道", parent_id=district.id)
    session.flush()
    seed(session, now=now)
    return True


def seed(session: Session, *, now: datetime) -> None:
    """Add vaccines, rule sets, the campaign, wordings and cadences that ship with the product."""
    seed_packs(session, now=now)
    seed_covid_campaign(session, day=local_day(session, now), now=now)
    seed_wordings(session, now=now)


def check_keys(session: Session, *, vault: Vault) -> None:
    """Refuse to go on with keys that are not this database's own (decisions §2)."""
    if get_place(session).key_fingerprint != vault.fingerprint():
        raise OtherKeys
