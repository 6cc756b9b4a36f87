"""Writes of campaigns: what ships with the product, opening and closing, rules, batches and recalls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns import rule_set as rules_as_data
from outreach.campaigns.codes import NEXT_CAMPAIGN_STATE, CampaignState
from outreach.campaigns.models import Campaign, Product, ProductBatch, RuleSet, Vaccine
from outreach.campaigns.queries import find_batch, get_campaign, get_rule_set, rules_of
from outreach.campaigns.rule_packs import NoRuleSet, pack, rule_set_body, rule_set_in_force
from outreach.kernel.errors import InvalidInput, MoveNotAllowed

COVID19 = "covid19"
_GRADES = (
    "self_report",
    "family",
    "escort_witnessed",
    "certificate_seen",
    "batch_recorded",
    "official_register",
)


def seed_packs(session: Session, *, name: str = "cn", now: datetime) -> None:
    """Store every rule set of a shipped pack with its vaccines and products; what is there stays."""
    for rules in pack(name):
        vaccine = _seed_vaccine(session, rules)
        _seed_products(session, rules, vaccine)
        _seed_rule_set(session, rules, now=now)
    session.flush()


def seed_covid_campaign(session: Session, *, day: date, now: datetime) -> Campaign:
    """Return the COVID-19 campaign that every new installation begins with, made when absent."""
    found = session.scalars(select(Campaign).where(Campaign.code == COVID19).limit(1)).first()
    if found is not None:
        return found
    seed_packs(session, now=now)
    return add_campaign(
        session,
        code=COVID19,
        name_zh="80 岁以上新冠疫苗接种",
        name_en="COVID-19 vaccination from 80",
        vaccine_code=COVID19,
        opens_on=day,
        now=now,
    )


def add_campaign(
    session: Session,
    *,
    code: str,
    name_zh: str,
    name_en: str,
    vaccine_code: str,
    opens_on: date,
    now: datetime,
    area_id: int | None = None,
) -> Campaign:
    """Open a drive for a vaccine under the rules in force on its first day; the rest keeps defaults."""
    if not code.strip() or not name_zh.strip():
        raise InvalidInput("name_missing", field="name")
    if session.scalars(select(Campaign.id).where(Campaign.code == code).limit(1)).first():
        raise InvalidInput("campaign_code_taken", field="code")
    vaccine = session.scalars(select(Vaccine).where(Vaccine.code == vaccine_code).limit(1)).first()
    if vaccine is None:
        raise InvalidInput("vaccine_unknown", field="vaccine")
    stored = rule_set_on(session, vaccine_code=vaccine_code, on=max(opens_on, now.date()))
    campaign = Campaign(
        code=code.strip(),
        name_zh=name_zh.strip(),
        name_en=name_en.strip() or name_zh.strip(),
        vaccine_id=vaccine.id,
        rule_set_id=stored.id,
        area_id=area_id,
        opens_on=opens_on,
        state=CampaignState.OPEN,
    )
    session.add(campaign)
    session.flush()
    return campaign


def rule_set_on(session: Session, *, vaccine_code: str, on: date) -> RuleSet:
    """Return the stored rule set that rules on a vaccine on one day; NoRuleSet when none does."""
    stored = {
        (row.code, row.version): row
        for row in session.scalars(
            select(RuleSet)
            .where(RuleSet.vaccine_code == vaccine_code)
            .order_by(RuleSet.id)
            .limit(500)
        )
    }
    if not stored:
        raise NoRuleSet(vaccine=vaccine_code, on=on)
    read = {key: rules_of(session, row.id) for key, row in stored.items()}
    found = rule_set_in_force(read.values(), vaccine=vaccine_code, on=on)
    return stored[(found.code, found.version)]


def set_policy(
    session: Session,
    *,
    campaign_id: int,
    closing_grade: str,
    minimum_age: int,
    target_dose: int | None,
) -> Campaign:
    """Change which evidence closes a line, from which age, and up to which dose.

    Statuses follow from these: the caller restates the campaign's lines.
    """
    check_policy(closing_grade, minimum_age, target_dose)
    campaign = get_campaign(session, campaign_id)
    campaign.closing_grade = closing_grade
    campaign.minimum_age = minimum_age
    campaign.target_dose = target_dose
    session.flush()
    return campaign


def check_policy(closing_grade: str, minimum_age: int, target_dose: int | None) -> None:
    """Refuse a policy that cannot be, naming the field."""
    if closing_grade not in _GRADES:
        raise InvalidInput("grade_unknown", field="closing_grade")
    if not 0 < minimum_age <= 120:
        raise InvalidInput("age_impossible", field="minimum_age")
    if target_dose is not None and not 0 < target_dose <= 20:
        raise InvalidInput("dose_number_impossible", field="target_dose")


def move_campaign(session: Session, *, campaign_id: int, to: CampaignState, day: date) -> Campaign:
    """Open, pause, close or archive a campaign; closing names the day it ended."""
    campaign = get_campaign(session, campaign_id)
    if to not in NEXT_CAMPAIGN_STATE[campaign.state]:
        raise MoveNotAllowed("campaign_move", was=campaign.state, to=to)
    campaign.state = to
    if to is CampaignState.CLOSED:
        campaign.closes_on = day
    if to is CampaignState.OPEN:
        campaign.closes_on = None
    session.flush()
    return campaign


def store_rule_set(session: Session, *, rules: rules_as_data.RuleSet) -> RuleSet:
    """Keep a rule set for later activation; a code and version once stored never changes its body."""
    found = session.scalars(
        select(RuleSet).where(RuleSet.code == rules.code, RuleSet.version == rules.version).limit(1)
    ).first()
    if found is not None:
        if found.body != rule_set_body(rules):
            raise InvalidInput("rule_set_version_taken", rule_set=rules.code, version=rules.version)
        return found
    stored = RuleSet(
        code=rules.code,
        version=rules.version,
        vaccine_code=rules.vaccine,
        jurisdiction=rules.jurisdiction,
        valid_from=rules.valid_from,
        valid_to=rules.valid_to,
        body=rule_set_body(rules),
        source="; ".join(source.title for source in rules.sources.values()),
    )
    session.add(stored)
    session.flush()
    return stored


def activate_rule_set(
    session: Session, *, campaign_id: int, rule_set_id: int, by: int | None, now: datetime
) -> Campaign:
    """Put a campaign under other rules; the caller restates its lines afterwards."""
    campaign = get_campaign(session, campaign_id)
    stored = get_rule_set(session, rule_set_id)
    vaccine = session.get_one(Vaccine, campaign.vaccine_id)
    if stored.vaccine_code != vaccine.code:
        raise InvalidInput("rules_of_another_vaccine", field="rule_set")
    campaign.rule_set_id = stored.id
    stored.activated_at, stored.activated_by = now, by
    session.flush()
    return campaign


def batch_of(
    session: Session, *, product_id: int, number: str, expires_on: date | None = None
) -> ProductBatch:
    """Return the batch of this number, added when new."""
    found = find_batch(session, product_id=product_id, number=number)
    if found is not None:
        if found.expires_on is None:
            found.expires_on = expires_on
        return found
    batch = ProductBatch(product_id=product_id, number=number.strip(), expires_on=expires_on)
    session.add(batch)
    session.flush()
    return batch


def quarantine_batch(
    session: Session, *, batch_id: int, by: int | None, reason: str, now: datetime
) -> ProductBatch:
    """Block a recalled batch; who had it is asked of the ledger (moment 2i)."""
    if not reason.strip():
        raise InvalidInput("reason_missing", field="reason")
    batch = session.get_one(ProductBatch, batch_id, with_for_update=True)
    batch.quarantined_at, batch.quarantined_by = now, by
    batch.quarantine_reason = reason.strip()
    session.flush()
    return batch


def release_batch(session: Session, *, batch_id: int) -> ProductBatch:
    """Let a batch be used again."""
    batch = session.get_one(ProductBatch, batch_id, with_for_update=True)
    batch.quarantined_at = batch.quarantined_by = None
    batch.quarantine_reason = ""
    session.flush()
    return batch


def _seed_vaccine(session: Session, rules: rules_as_data.RuleSet) -> Vaccine:
    found = session.scalars(select(Vaccine).where(Vaccine.code == rules.vaccine).limit(1)).first()
    if found is None:
        found = Vaccine(code=rules.vaccine, name_zh=rules.name.zh, name_en=rules.name.en)
        session.add(found)
        session.flush()
    return found


def _seed_products(session: Session, rules: rules_as_data.RuleSet, vaccine: Vaccine) -> None:
    known = _codes(session.scalars(select(Product.code).where(Product.vaccine_id == vaccine.id)))
    for product in rules.products:
        if product.code not in known:
            session.add(
                Product(
                    vaccine_id=vaccine.id,
                    code=product.code,
                    name_zh=product.name.zh,
                    name_en=product.name.en,
                    platform=product.kind,
                    aliases=list(product.aliases),
                )
            )
    session.flush()


def _seed_rule_set(session: Session, rules: rules_as_data.RuleSet, *, now: datetime) -> None:
    stored = store_rule_set(session, rules=rules)
    if stored.activated_at is None:
        stored.activated_at = now


def _codes(codes: Iterable[str]) -> set[str]:
    return set(codes)
