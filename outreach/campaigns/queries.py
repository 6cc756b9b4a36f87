"""Readings of campaigns: which drives are on, under which rules, with which products and batches."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns import rule_set as rules_as_data
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign, Product, ProductBatch, RuleSet, Vaccine
from outreach.campaigns.rule_packs import rule_set_from
from outreach.kernel.errors import NotFound

RUNNING = frozenset({CampaignState.OPEN, CampaignState.PAUSED})


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """A campaign in force with its rules read: what every judgement of a line starts from."""

    campaign_id: int
    code: str
    name_zh: str
    name_en: str
    area_id: int | None
    vaccine_id: int
    vaccine_code: str
    minimum_age: int
    target_dose: int | None
    closing_grade: str
    opens_on: date
    state: CampaignState
    rule_set_id: int
    rules: rules_as_data.RuleSet

    def name(self, language: str) -> str:
        """Return the name in ``language`` ('zh' or 'en')."""
        return self.name_en if language.startswith("en") else self.name_zh


def get_campaign(session: Session, campaign_id: int) -> Campaign:
    """Return one campaign; NotFound when there is none."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign", campaign_id=campaign_id)
    return campaign


def list_campaigns(
    session: Session, *, states: Iterable[CampaignState] | None = None
) -> list[Campaign]:
    """Return the campaigns, oldest first."""
    question = select(Campaign).order_by(Campaign.opens_on, Campaign.id).limit(500)
    if states is not None:
        question = question.where(Campaign.state.in_(list(states)))
    return list(session.scalars(question))


def get_rule_set(session: Session, rule_set_id: int) -> RuleSet:
    """Return one stored rule set; NotFound when there is none."""
    stored = session.get(RuleSet, rule_set_id)
    if stored is None:
        raise NotFound("rule_set", rule_set_id=rule_set_id)
    return stored


def rules_of(session: Session, rule_set_id: int) -> rules_as_data.RuleSet:
    """Return a stored rule set read into rules."""
    stored = get_rule_set(session, rule_set_id)
    return _read_rules(json.dumps(stored.body, sort_keys=True), f"{stored.code} {stored.version}")


@lru_cache(maxsize=64)
def _read_rules(body: str, label: str) -> rules_as_data.RuleSet:
    # Checking a pack takes longer than using it, and a stored body never changes.
    return rule_set_from(json.loads(body), file=label)


def campaign_rules(
    session: Session,
    *,
    campaign_id: int | None = None,
    states: Iterable[CampaignState] | None = None,
) -> list[CampaignRules]:
    """Return campaigns that have rules, with the rules read; all of them unless narrowed."""
    question = (
        select(Campaign, Vaccine.code)
        .join(Vaccine, Vaccine.id == Campaign.vaccine_id)
        .where(Campaign.rule_set_id.is_not(None))
        .order_by(Campaign.id)
        .limit(500)
    )
    if campaign_id is not None:
        question = question.where(Campaign.id == campaign_id)
    if states is not None:
        question = question.where(Campaign.state.in_(list(states)))
    return [_read(session, campaign, code) for campaign, code in session.execute(question)]


def _read(session: Session, campaign: Campaign, vaccine_code: str) -> CampaignRules:
    assert campaign.rule_set_id is not None  # noqa: S101 - asked for above
    return CampaignRules(
        campaign_id=campaign.id,
        code=campaign.code,
        name_zh=campaign.name_zh,
        name_en=campaign.name_en,
        area_id=campaign.area_id,
        vaccine_id=campaign.vaccine_id,
        vaccine_code=vaccine_code,
        minimum_age=campaign.minimum_age,
        target_dose=campaign.target_dose,
        closing_grade=campaign.closing_grade,
        opens_on=campaign.opens_on,
        state=campaign.state,
        rule_set_id=campaign.rule_set_id,
        rules=rules_of(session, campaign.rule_set_id),
    )


def default_campaign(session: Session) -> Campaign:
    """Return the campaign that a file or a page means when it names none: the oldest open one."""
    found = session.scalars(
        select(Campaign)
        .where(Campaign.state.in_(list(RUNNING)))
        .order_by(Campaign.opens_on, Campaign.id)
        .limit(1)
    ).first()
    if found is None:
        raise NotFound("no_open_campaign")
    return found


def products_of(session: Session, *, vaccine_id: int) -> list[Product]:
    """Return the products of a vaccine that may still be chosen."""
    return list(
        session.scalars(
            select(Product)
            .where(Product.vaccine_id == vaccine_id, Product.is_active)
            .order_by(Product.id)
            .limit(500)
        )
    )


def find_batch(session: Session, *, product_id: int, number: str) -> ProductBatch | None:
    """Return the batch of this number, or None."""
    return session.scalars(
        select(ProductBatch)
        .where(ProductBatch.product_id == product_id, ProductBatch.number == number.strip())
        .limit(1)
    ).first()
