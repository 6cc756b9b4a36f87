"""Zhao, 91, at "considering": the person in whom a newcomer follows the whole story (design §1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.contact.attempts import AttemptDraft
from outreach.contact.codes import Channel
from outreach.demo.districts import DemoDistrict, DemoStory
from outreach.demo.ground import Ground
from outreach.demo.people import new_phone
from outreach.kernel.identity import check_digit
from outreach.ledger.codes import (
    BirthCertainty,
    Cause,
    ContactRole,
    EvidenceGrade,
    Relation,
    Sex,
)
from outreach.ledger.doses import NewDose, add_doses
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.new_residents import NewContact, NewResident, add_residents
from outreach.places.codes import PointConfidence, PointSource
from outreach.places.models import Address
from outreach.places.operations import set_pin
from outreach.places.queries import local_zone
from outreach.services import Services
from outreach.workflows.log_contact import ContactNote, log_contact
from outreach.workflows.restate import restate

AGE = 91
OLD_DOSES = (date(2021, 7, 6), date(2021, 8, 10))
FIRST_CALL_DAYS_AGO = 5


def place_the_story(
    services: Services, *, district: DemoDistrict, ground: Ground, now: datetime
) -> int:
    """Enter Zhao with her daughter, two old doses and one call at which she hesitated; return her id."""
    with services.database.write() as session:
        zone = local_zone(session)
        entered = now - timedelta(days=30)
        resident_id = _enter(
            session, district, ground, now=entered, today=now.astimezone(zone).date()
        )
        entry_id = session.execute(
            update(LedgerEntry)
            .where(LedgerEntry.resident_id == resident_id)
            .values(assigned_to=ground.users[Role.GRID_WORKER])
            .returning(LedgerEntry.id)
        ).scalar_one()
        _first_call(session, ground, entry_id, now=now, zone=zone)
    return resident_id


def _enter(
    session: Session, district: DemoDistrict, ground: Ground, *, now: datetime, today: date
) -> int:
    story = district.story
    born_on = date(today.year - AGE, 3, 8)
    ids = add_residents(
        session,
        rows=[
            NewResident(
                name=story.name,
                community_id=ground.communities[story.community],
                grid_id=ground.grids[story.community][-1],
                sex=Sex.FEMALE,
                born_on=born_on,
                birth_certainty=BirthCertainty.FROM_ID,
                id_number=_id_number(district, born_on),
                address=story.home,
                building="3",
                unit="2",
                floor=5,
                has_lift=False,
                mobility="M2",
                lives_alone=True,
                language=district.language,
                contacts=_contacts(district, story),
                address_id=_home(session, district, ground, now=now),
            )
        ],
        now=now,
    )
    doses = [
        NewDose(
            resident_id=ids[0],
            vaccine_id=ground.vaccine_id,
            product_id=ground.product_id,
            given_on=day,
            grade=EvidenceGrade.OFFICIAL_REGISTER,
            reference="register",
        )
        for day in OLD_DOSES
    ]
    add_doses(session, doses=doses, by=ground.users[Role.ADMINISTRATOR], now=now)
    restate(
        session,
        resident_id=ids[0],
        by=ground.users[Role.ADMINISTRATOR],
        cause=Cause.IMPORTED,
        now=now,
    )
    return ids[0]


def _contacts(district: DemoDistrict, story: DemoStory) -> tuple[NewContact, ...]:
    return (
        NewContact(
            Relation.SELF, role=ContactRole.DECIDES, phones=(new_phone(district, story.phone),)
        ),
        NewContact(
            Relation.DAUGHTER,
            name=story.daughter,
            phones=(new_phone(district, story.daughter_phone),),
        ),
    )


def _home(session: Session, district: DemoDistrict, ground: Ground, *, now: datetime) -> int:
    story = district.story
    community = next(c for cs in district.streets.values() for c in cs if c.name == story.community)
    compound = community.compounds[0]
    address = Address(
        area_id=ground.communities[story.community],
        text=story.home,
        building="3",
        unit="2",
        floor=5,
        has_lift=False,
    )
    set_pin(
        address,
        latitude=compound.latitude + 0.0004,
        longitude=compound.longitude,
        source=PointSource.PIN,
        confidence=PointConfidence.HIGH,
        now=now,
    )
    session.add(address)
    session.flush()
    return address.id


def _id_number(district: DemoDistrict, born_on: date) -> str | None:
    if district.place["id_scheme"] != "cn":
        return None
    first = f"410103{born_on:%Y%m%d}002"
    return first + check_digit(first)


def _first_call(
    session: Session, ground: Ground, entry_id: int, *, now: datetime, zone: ZoneInfo
) -> None:
    today = now.astimezone(zone).date()
    day = today - timedelta(days=FIRST_CALL_DAYS_AGO)
    at = datetime(day.year, day.month, day.day, 10, 20, tzinfo=zone)
    draft = AttemptDraft(
        entry_id=entry_id,
        channel=Channel.CALL,
        outcome="C03",
        at=at,
        reasons=("H01",),
        main_reason="H01",
        next_contact_on=today,
    )
    log_contact(
        session,
        notes=[ContactNote(attempt=draft)],
        by=ground.users[Role.GRID_WORKER],
        is_clinician=False,
        now=at,
    )
