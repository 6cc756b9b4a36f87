"""Rows of campaigns for tests."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign
from outreach.campaigns.operations import add_campaign, seed_covid_campaign, seed_packs


def covid_campaign(session: Session, *, now: datetime, opens_on: date | None = None) -> Campaign:
    """Return the COVID-19 campaign under the shipped rules."""
    return seed_covid_campaign(session, day=opens_on or now.date(), now=now)


def influenza_campaign(session: Session, *, now: datetime) -> Campaign:
    """Return an influenza campaign under the shipped rules."""
    seed_packs(session, now=now)
    return add_campaign(
        session,
        code="influenza-2026",
        name_zh="流感疫苗",
        name_en="Influenza",
        vaccine_code="influenza",
        opens_on=now.date(),
        now=now,
    )
