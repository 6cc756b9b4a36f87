"""Campaigns as their administrators see them: terms, state, and how many lines stand where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign, RuleSet, Vaccine
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import STRUCK_OFF
from outreach.ledger.entry_models import LedgerEntry
from outreach.places.models import Area


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign with its terms and figures."""

    id: int
    code: str
    name_zh: str
    name_en: str
    vaccine_code: str
    vaccine_zh: str
    vaccine_en: str
    area_id: int | None
    area: str
    state: CampaignState
    opens_on: date
    closes_on: date | None
    retain_until: date | None
    rule_set_id: int | None
    rule_set: str
    minimum_age: int
    target_dose: int | None
    closing_grade: str
    lines: int
    struck_off: int


@dataclass(frozen=True, slots=True)
class RuleSetLine:
    """One stored rule set of a vaccine."""

    id: int
    code: str
    version: str
    valid_from: date
    valid_to: date | None
    source: str


def campaign_lines(session: Session) -> list[CampaignLine]:
    """Return every campaign, those that run first."""
    counts = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(
                LedgerEntry.campaign_id,
                func.count(),
                func.sum(case((LedgerEntry.status.in_(sorted(STRUCK_OFF)), 1), else_=0)),
            )
            .where(LedgerEntry.is_counted)
            .group_by(LedgerEntry.campaign_id)
        )
    }
    rows = session.execute(
        select(Campaign, Vaccine, RuleSet, Area.name)
        .join(Vaccine, Vaccine.id == Campaign.vaccine_id)
        .outerjoin(RuleSet, RuleSet.id == Campaign.rule_set_id)
        .outerjoin(Area, Area.id == Campaign.area_id)
        .order_by(Campaign.opens_on, Campaign.id)
        .limit(500)
    )
    found = [_line(*row, counts.get(row[0].id, (0, 0))) for row in rows]
    order = list(CampaignState)
    return sorted(found, key=lambda line: (order.index(line.state) != 1, order.index(line.state)))


def campaign_line(session: Session, campaign_id: int) -> CampaignLine:
    """Return one campaign; NotFound when there is none."""
    for line in campaign_lines(session):
        if line.id == campaign_id:
            return line
    raise NotFound("campaign", campaign_id=campaign_id)


def rule_sets_of(session: Session, *, vaccine_code: str) -> list[RuleSetLine]:
    """Return the stored rule sets of a vaccine, the latest first."""
    rows = session.scalars(
        select(RuleSet)
        .where(RuleSet.vaccine_code == vaccine_code)
        .order_by(RuleSet.valid_from.desc(), RuleSet.id.desc())
        .limit(200)
    )
    return [
        RuleSetLine(row.id, row.code, row.version, row.valid_from, row.valid_to, row.source)
        for row in rows
    ]


def vaccines(session: Session) -> list[Vaccine]:
    """Return the vaccines that rules are known for."""
    return list(session.scalars(select(Vaccine).order_by(Vaccine.id).limit(200)))


def _line(
    campaign: Campaign,
    vaccine: Vaccine,
    rules: RuleSet | None,
    area: str | None,
    counts: tuple[int, int],
) -> CampaignLine:
    return CampaignLine(
        id=campaign.id,
        code=campaign.code,
        name_zh=campaign.name_zh,
        name_en=campaign.name_en,
        vaccine_code=vaccine.code,
        vaccine_zh=vaccine.name_zh,
        vaccine_en=vaccine.name_en,
        area_id=campaign.area_id,
        area=area or "",
        state=campaign.state,
        opens_on=campaign.opens_on,
        closes_on=campaign.closes_on,
        retain_until=campaign.retain_until,
        rule_set_id=campaign.rule_set_id,
        rule_set=f"{rules.code} {rules.version}" if rules else "",
        minimum_age=campaign.minimum_age,
        target_dose=campaign.target_dose,
        closing_grade=campaign.closing_grade,
        lines=counts[0],
        struck_off=counts[1],
    )
