"""A driver's photo: kept with their agreement, shown to the family of whoever they drive (moment 5m)."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.errors import NotFound
from outreach.pictures import open_picture, seal_picture, type_of_picture
from outreach.transport.queries import get_driver

TABLE = "driver"
# Bytes: the family's page stays within what a village's network carries (150 kB in all).
LARGEST_PORTRAIT = 60_000


def keep_portrait(session: Session, *, driver_id: int, content: bytes, folder: Path) -> str:
    """Seal a driver's photo into ``folder`` (the instance) in place of the one before.

    Returns the name of the file that the edge removes after the commit, "" when there was none. Raises
    InvalidInput for what is no JPEG or PNG of at most 60 000 bytes.
    """
    driver = get_driver(session, driver_id)
    before = driver.portrait
    driver.portrait_type = type_of_picture(content, largest=LARGEST_PORTRAIT)
    driver.portrait = uuid4().hex
    seal_picture(vault_of(session), folder, content, table=TABLE, name=driver.portrait)
    session.flush()
    return before


def remove_portrait(session: Session, *, driver_id: int) -> str:
    """Forget a driver's photo; return the name of the file that the edge removes after the commit."""
    driver = get_driver(session, driver_id)
    before, driver.portrait, driver.portrait_type = driver.portrait, "", ""
    session.flush()
    return before


def portrait_of(session: Session, *, driver_id: int, folder: Path) -> tuple[str, bytes]:
    """Return the content type and the photo of a driver; NotFound without one."""
    driver = get_driver(session, driver_id)
    if not driver.portrait:
        raise NotFound("not_found")
    vault = vault_of(session)
    return driver.portrait_type, open_picture(vault, folder, table=TABLE, name=driver.portrait)
