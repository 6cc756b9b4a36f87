"""Making the demo: ground, people, six weeks of history played through the product's own acts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.demo.districts import DISTRICTS, DemoDistrict
from outreach.demo.ground import WEEKS_BACK, Ground, lay_ground
from outreach.demo.history import play_history
from outreach.demo.people import Invented, Inventor
from outreach.demo.story import place_the_story
from outreach.kernel.clock import real_now
from outreach.kernel.errors import NotAllowed
from outreach.ledger.bulk import insert_rows, reserve_ids
from outreach.ledger.codes import Cause, EvidenceGrade
from outreach.ledger.doses import NewDose, add_doses
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.ledger.new_residents import add_residents
from outreach.oversight.rollups import refresh
from outreach.places.codes import PointConfidence, PointSource
from outreach.places.models import Address
from outreach.places.queries import get_place
from outreach.schema import metadata
from outreach.services import Services
from outreach.workflows.initialise import initialise
from outreach.workflows.nightly_restatement import restate_everyone
from outreach.workflows.restate import restate_many

METRES_PER_DEGREE = 111_320


def has_people(session: Session) -> bool:
    """Whether anybody is in the ledger, so that a demo must keep out."""
    return session.scalars(select(Resident.id).limit(1)).first() is not None


def make_demo(services: Services, *, now: datetime, language: str) -> dict[str, int]:
    """Fill an empty installation with the invented district; return how much was made.

    Takes some seconds: history is played through the same acts that pages call, so that every page has
    something true to show and every figure opens into people.
    """
    district = DISTRICTS[language]
    database = services.database
    with database.write() as session:
        zone = ZoneInfo(str(district.place["time_zone"]))
        today = now.astimezone(zone).date()
        begins = datetime.combine(today - timedelta(weeks=WEEKS_BACK), time(8), tzinfo=zone)
        ground = lay_ground(session, district=district, now=now)
        _enter_people(session, district, ground, begins=begins)
    play_history(services, ground=ground, begins=begins, now=now)
    place_the_story(services, district=district, ground=ground, now=now)
    # As the night before would have: figures stand still from the first page on.
    restate_everyone(database, now=now)
    with database.write() as session:
        refresh(session, now=now)
    with database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata().sorted_tables
            if table.name
            in {"resident", "dose", "contact_attempt", "appointment", "run", "message"}
        }


def _enter_people(
    session: Session, district: DemoDistrict, ground: Ground, *, begins: datetime
) -> None:
    inventor = Inventor(district, today=begins.date())
    people: list[Invented] = []
    for communities in district.streets.values():
        for community in communities:
            people += inventor.community(
                community,
                community_id=ground.communities[community.name],
                grid_ids=ground.grids[community.name],
            )
    addresses = _add_addresses(session, people, begins)
    rows = [
        person.row._replace(address_id=address)
        for person, address in zip(people, addresses, strict=True)
    ]
    ids = add_residents(session, rows=rows, now=begins)
    doses = [
        NewDose(
            resident_id=resident_id,
            vaccine_id=ground.vaccine_id,
            product_id=ground.product_id,
            given_on=day,
            grade=EvidenceGrade.OFFICIAL_REGISTER,
            reference="register",
        )
        for resident_id, person in zip(ids, people, strict=True)
        for day in person.doses
    ]
    add_doses(session, doses=doses, by=ground.users[Role.ADMINISTRATOR], now=begins)
    restate_many(
        session,
        resident_ids=ids,
        by=ground.users[Role.ADMINISTRATOR],
        cause=Cause.IMPORTED,
        now=begins,
    )
    for name, worker in ground.workers.items():
        session.execute(
            update(LedgerEntry)
            .where(LedgerEntry.community_id == ground.communities[name])
            .values(assigned_to=worker)
        )


def _add_addresses(session: Session, people: list[Invented], now: datetime) -> list[int]:
    """Put each building a little apart from its compound's gate; the points are those of a pin."""
    ids = reserve_ids(session, Address, len(people))
    rows = []
    for address_id, person in zip(ids, people, strict=True):
        building = int(person.row.building)
        rows.append(
            {
                "id": address_id,
                "area_id": person.row.community_id,
                "text": person.row.address,
                "building": person.row.building,
                "unit": person.row.unit,
                "floor": person.row.floor,
                "has_lift": person.row.has_lift,
                "latitude": person.compound.latitude
                + (building % 4 - 1.5) * 40 / METRES_PER_DEGREE,
                "longitude": person.compound.longitude
                + (building // 4 - 1) * 60 / METRES_PER_DEGREE,
                "point_source": PointSource.COMPOUND,
                "point_confidence": PointConfidence.HIGH,
                "source_datum": "wgs84",
                "access_note": "",
                "located_at": now,
                "version": 1,
            }
        )
    insert_rows(session, Address, rows)
    return ids


def throw_away(database: Database) -> None:
    """Empty every table of a demo and lay the first rows anew; a place that is no demo is refused."""
    with database.write() as session:
        if not get_place(session).is_demo:
            raise NotAllowed("not_a_demo")
        for table in reversed(metadata().sorted_tables):
            session.execute(delete(table))
        initialise(session, now=real_now(), vault=database.vault)
