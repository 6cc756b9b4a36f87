"""What stands before anything happens: the place, its tree and compounds, sites, staff, cars and shifts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.rules import EVERYWHERE
from outreach.campaigns.models import Campaign, Product, ProductBatch
from outreach.clinics.models import SiteSession
from outreach.clinics.operations import (
    Hours,
    add_site,
    lay_out_days,
    set_weekly_hours,
    stock_session,
)
from outreach.db import vault_of
from outreach.demo.districts import DemoDistrict, DemoSite
from outreach.demo.people import new_phone
from outreach.ledger.codes import Sex
from outreach.oversight.responsibility import TargetDraft, set_target
from outreach.places.codes import AreaLevel, PointConfidence, PointSource
from outreach.places.models import Address, Area, Compound
from outreach.places.operations import add_area, grid_named, set_pin
from outreach.places.queries import get_place
from outreach.transport.models import Driver, Escort, Shift, Vehicle

WEEKS_BACK = 6
WEEKS_AHEAD = 4
GOAL = 0.6
CLINIC = Hours(opens=time(8, 30), closes=time(11, 30), slot_minutes=20, capacity_per_slot=4)
CARS = ((5, 1), (5, 1), (4, 0), (6, 2), (4, 0), (5, 1))  # seats, wheelchair places


@dataclass(slots=True)
class Ground:
    """Ids of what was made, by the names that history needs."""

    campaign_id: int
    vaccine_id: int
    product_id: int
    batch_id: int
    district_id: int = 0
    communities: dict[str, int] = field(default_factory=dict)
    grids: dict[str, list[int]] = field(default_factory=dict)
    workers: dict[str, int] = field(default_factory=dict)
    users: dict[Role, int] = field(default_factory=dict)
    sites: list[int] = field(default_factory=list)


def lay_ground(session: Session, *, district: DemoDistrict, now: datetime) -> Ground:
    """Make everything that stands still; times of day are the place's own."""
    place = get_place(session)
    for name, value in district.place.items():
        setattr(place, name, value)
    place.is_demo = True
    session.flush()
    today = now.astimezone(ZoneInfo(place.time_zone)).date()
    ground = _campaign(session, opens_on=today - timedelta(weeks=WEEKS_BACK))
    top = _tree(session, district, ground)
    ground.district_id = top.id
    _staff(session, district, ground, top=top, now=now)
    _sites(session, district, ground, today=today, now=now)
    _fleet(session, district, top=top, today=today, zone=ZoneInfo(place.time_zone))
    _targets(session, ground, by_on=today + timedelta(weeks=WEEKS_AHEAD), now=now)
    session.flush()
    return ground


def _campaign(session: Session, *, opens_on: date) -> Ground:
    campaign = session.scalars(select(Campaign).order_by(Campaign.id).limit(1)).one()
    # The drive brings everyone to the first booster; what comes later is another campaign.
    campaign.target_dose = 3
    campaign.opens_on = opens_on
    question = select(Product).where(Product.vaccine_id == campaign.vaccine_id, Product.is_active)
    product = session.scalars(question.order_by(Product.id).limit(1)).one()
    batch = ProductBatch(product_id=product.id, number="DEMO-2026A", expires_on=date(2027, 12, 31))
    session.add(batch)
    session.flush()
    return Ground(campaign.id, campaign.vaccine_id, product.id, batch.id)


def _tree(session: Session, district: DemoDistrict, ground: Ground) -> Area:
    """Rename the default district, put the demo's streets under it, and return it."""
    top = session.scalars(
        select(Area).where(Area.level == AreaLevel.DISTRICT).order_by(Area.id).limit(1)
    ).one()
    top.name = district.name
    spare = list(session.scalars(select(Area).where(Area.parent_id == top.id).order_by(Area.id)))
    for street_name, communities in district.streets.items():
        street = spare.pop(0) if spare else add_area(session, name=street_name, parent_id=top.id)
        street.name = street_name
        for community in communities:
            first = community.compounds[0]
            area = add_area(
                session,
                name=community.name,
                parent_id=street.id,
                point=(first.latitude, first.longitude),
            )
            ground.communities[community.name] = area.id
            ground.grids[community.name] = [
                grid_named(session, community_id=area.id, name=district.grid_name.format(n=n)).id
                for n in range(1, community.grids + 1)
            ]
            session.add_all(
                Compound(
                    community_id=area.id,
                    name=compound.name,
                    latitude=compound.latitude,
                    longitude=compound.longitude,
                )
                for compound in community.compounds
            )
    return top


def _staff(
    session: Session, district: DemoDistrict, ground: Ground, *, top: Area, now: datetime
) -> None:
    """One member of staff per role for the whole district, and a grid worker per community."""
    names = iter(zip(district.surnames, district.women, strict=False))

    def person(username: str, role: Role, area_id: int, *, sees_names: bool = False) -> int:
        surname, given = next(names)
        shown = f"{surname}{given}" if district.language == "zh" else f"{given} {surname}"
        user = User(
            username=username, display_name=shown, language=district.language, created_at=now
        )
        session.add(user)
        session.flush()
        session.add(
            RoleGrant(
                user_id=user.id, role=role, area_id=area_id, sees_names=sees_names, granted_at=now
            )
        )
        return user.id

    first_community = district.story.community
    for number, (name, community_id) in enumerate(ground.communities.items(), start=1):
        ground.workers[name] = person(f"worker{number}", Role.GRID_WORKER, community_id)
    ground.users[Role.GRID_WORKER] = ground.workers[first_community]
    for role in Role:
        if role is not Role.GRID_WORKER:
            ground.users[role] = person(role.value, role, top.id, sees_names=role is Role.LEADER)


def _targets(session: Session, ground: Ground, *, by_on: date, now: datetime) -> None:
    """Every unit has a named person and a target: the leader down to the streets, then the grid worker."""
    workers = {area: ground.workers[name] for name, area in ground.communities.items()}
    leader = ground.users[Role.LEADER]
    levels = (AreaLevel.DISTRICT, AreaLevel.STREET, AreaLevel.COMMUNITY)
    for area_id in session.scalars(select(Area.id).where(Area.level.in_(levels))).all():
        draft = TargetDraft(
            area_id, ground.campaign_id, workers.get(area_id, leader), goal=GOAL, by_on=by_on
        )
        set_target(session, draft=draft, scope=EVERYWHERE, by=leader, now=now)


def _sites(
    session: Session, district: DemoDistrict, ground: Ground, *, today: date, now: datetime
) -> None:
    start = today - timedelta(weeks=WEEKS_BACK)
    for number, invented in enumerate(district.sites):
        site = add_site(
            session,
            name=invented.name,
            area_id=ground.communities[invented.community],
            address_id=_address(session, ground, invented, now=now),
            phone=invented.phone,
        )
        ground.sites.append(site.id)
        for weekday in range(6) if number == 0 else (0, 2, 4) if number == 1 else (1, 3, 5):
            set_weekly_hours(session, site_id=site.id, weekday=weekday, hours=CLINIC, from_on=start)
    lay_out_days(session, from_on=start, until_on=today + timedelta(weeks=WEEKS_AHEAD))
    for session_id in session.scalars(select(SiteSession.id).order_by(SiteSession.id)).all():
        stock_session(
            session,
            site_session_id=session_id,
            product_id=ground.product_id,
            batch_id=ground.batch_id,
            doses=40,
            is_preset=True,
        )


def _address(session: Session, ground: Ground, invented: DemoSite, *, now: datetime) -> int:
    address = Address(
        area_id=ground.communities[invented.community],
        text=invented.address,
        has_lift=True,
        floor=1,
    )
    set_pin(
        address,
        latitude=invented.latitude,
        longitude=invented.longitude,
        source=PointSource.PIN,
        confidence=PointConfidence.HIGH,
        now=now,
    )
    session.add(address)
    session.flush()
    return address.id


def _fleet(
    session: Session, district: DemoDistrict, *, top: Area, today: date, zone: ZoneInfo
) -> None:
    """Six cars, a driver each, four escorts; everyone on duty Monday to Saturday mornings."""
    depot = session.scalars(select(Address.id).order_by(Address.id).limit(1)).one()
    drivers, escorts, vehicles = [], [], []
    for n, (seats, chairs) in enumerate(CARS, start=1):
        vehicle = Vehicle(
            plate=district.plate.format(n=n),
            area_id=top.id,
            depot_address_id=depot,
            seats=seats,
            wheelchair_places=chairs,
            seats_lost_per_chair=1 if chairs else 0,
            has_ramp=bool(chairs),
            insured_until=today + timedelta(days=200 + n),
            inspected_until=today + timedelta(days=100 + n),
        )
        driver = Driver(
            uuid=uuid4().hex,
            name=_crew_name(district, n, district.men),
            area_id=top.id,
            licence_until=today + timedelta(days=900),
        )
        _give_phone(session, district, driver, "driver", 9500 + n)
        vehicles.append(vehicle)
        drivers.append(driver)
    for n in range(1, 5):
        escort = Escort(
            uuid=uuid4().hex,
            name=_crew_name(district, n + 10, district.women),
            sex=Sex.FEMALE,
            area_id=top.id,
        )
        _give_phone(session, district, escort, "escort", 9600 + n)
        escorts.append(escort)
    session.add_all([*vehicles, *drivers, *escorts])
    session.flush()
    start = today - timedelta(weeks=WEEKS_BACK)
    for offset in range((WEEKS_BACK + WEEKS_AHEAD) * 7):
        on = start + timedelta(days=offset)
        if on.weekday() < 6:
            _shifts(session, on, zone, vehicles=vehicles, drivers=drivers, escorts=escorts)


def _shifts(
    session: Session,
    on: date,
    zone: ZoneInfo,
    *,
    vehicles: list[Vehicle],
    drivers: list[Driver],
    escorts: list[Escort],
) -> None:
    starts = datetime.combine(on, time(7, 30), tzinfo=zone)
    ends = datetime.combine(on, time(13, 30), tzinfo=zone)
    for vehicle, driver in zip(vehicles, drivers, strict=True):
        session.add(
            Shift(
                on=on,
                driver_id=driver.id,
                vehicle_id=vehicle.id,
                starts_at=starts,
                ends_at=ends,
            )
        )
    for escort in escorts:
        session.add(Shift(on=on, escort_id=escort.id, starts_at=starts, ends_at=ends))


def _crew_name(district: DemoDistrict, n: int, given: tuple[str, ...]) -> str:
    surname, first = district.surnames[-n], given[-n % len(given)]
    return f"{surname}{first}" if district.language == "zh" else f"{first} {surname}"


def _give_phone(
    session: Session, district: DemoDistrict, person: Driver | Escort, table: str, number: int
) -> None:
    e164 = new_phone(district, f"{district.phone_prefix}{number:04d}").e164
    vault = vault_of(session)
    person.phone_sealed = vault.seal(e164, table=table, column="phone_sealed", row=person.uuid)
    person.phone_index = vault.index(e164, purpose="phone")
