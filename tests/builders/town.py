"""A small town for tests of pages: two communities, one member of staff per role, a few old people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant, User
from outreach.accounts.operations import add_user
from outreach.campaigns.models import Campaign, Product
from outreach.campaigns.operations import seed_covid_campaign, seed_packs
from outreach.clinics.operations import Hours, add_site, add_site_session
from outreach.contact.message_models import SendingControl
from outreach.ledger.codes import (
    Cause,
    ContactRole,
    EvidenceGrade,
    PhoneKind,
    Relation,
    Sex,
)
from outreach.ledger.doses import DoseDraft, record_dose
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import ContactPerson, Resident
from outreach.ledger.new_residents import NewContact, NewPhone, NewResident, add_resident
from outreach.places.addresses import add_address
from outreach.places.models import Place
from outreach.places.operations import add_area, move_clock
from outreach.workflows.restate import restate

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 12, 15, 9, 30, tzinfo=ZONE)
OPENED = date(2022, 12, 1)


@dataclass(frozen=True, slots=True)
class Town:
    """Ids of what stands in the town; residents by surname."""

    campaign_id: int
    vaccine_id: int
    community_id: int
    other_community_id: int
    grid_id: int
    site_id: int
    session_ids: tuple[int, ...]
    users: dict[str, int]
    residents: dict[str, int]

    def resident(self, name: str) -> int:
        """Return the id of the resident of this surname."""
        return self.residents[name]


def build_town(session: Session, *, now: datetime = NOW) -> Town:
    """Build the town; business time stands at ``now`` and ticks on."""
    session.add(Place(name="棉东示范区", duty_phone="0371-60000000", is_demo=True))
    session.add(SendingControl())
    session.flush()
    move_clock(session, to=now)
    district = add_area(session, name="棉东区", parent_id=None)
    street = add_area(session, name="棉纺路街道", parent_id=district.id)
    community = add_area(session, name="棉东社区", parent_id=street.id, point=(34.752, 113.612))
    other = add_area(session, name="兴华社区", parent_id=street.id, point=(34.722, 113.652))
    grid = add_area(session, name="第一网格", parent_id=community.id)
    seed_packs(session, now=now)
    campaign = seed_covid_campaign(session, day=OPENED, now=now)
    users = _staff(session, district.id, community.id, other.id, now)
    residents = _people(session, community.id, other.id, grid.id, now)
    _doses(session, campaign, residents, users["worker"], now)
    for resident_id in residents.values():
        restate(session, resident_id=resident_id, by=users["worker"], cause=Cause.IMPORTED, now=now)
    _assign(session, residents, users["worker"])
    site_id, sessions = _site(session, district.id, now)
    session.flush()
    return Town(
        campaign_id=campaign.id,
        vaccine_id=campaign.vaccine_id,
        community_id=community.id,
        other_community_id=other.id,
        grid_id=grid.id,
        site_id=site_id,
        session_ids=sessions,
        users=users,
        residents=residents,
    )


def _staff(
    session: Session, district: int, community: int, other: int, now: datetime
) -> dict[str, int]:
    wanted = [
        ("worker", "孙网格", Role.GRID_WORKER, community),
        ("other_worker", "钱网格", Role.GRID_WORKER, other),
        ("caller", "周话务", Role.CALLER, community),
        ("clinician", "吴医生", Role.CLINICIAN, district),
        ("second_clinician", "郑医生", Role.CLINICIAN, district),
        ("dispatcher", "冯调度", Role.DISPATCHER, district),
        ("leader", "陈主任", Role.LEADER, district),
        ("administrator", "褚管理", Role.ADMINISTRATOR, district),
    ]
    made = {}
    for username, shown, role, area_id in wanted:
        user: User = add_user(session, username=username, display_name=shown, now=now, by=None)
        session.add(RoleGrant(user_id=user.id, role=role, area_id=area_id, granted_at=now))
        made[username] = user.id
    session.flush()
    return made


def _contact(
    relation: Relation, name: str, number: str, role: ContactRole = ContactRole.TOLD
) -> NewContact:
    kind = PhoneKind.MOBILE if number.startswith("+861") else PhoneKind.LANDLINE
    phones = (NewPhone(number, kind),) if number else ()
    return NewContact(relation=relation, name=name, role=role, phones=phones)


def _people(
    session: Session, community: int, other: int, grid: int, now: datetime
) -> dict[str, int]:
    rows: dict[str, NewResident] = {
        "zhao": NewResident(
            name="赵桂英",
            community_id=community,
            grid_id=grid,
            sex=Sex.FEMALE,
            born_on=date(1931, 3, 8),
            id_number="410102193103080022",
            address="棉纺东路12号院10号楼3单元304",
            building="10号楼",
            unit="3单元",
            floor=3,
            has_lift=False,
            mobility="M2",
            mobility_flags=("hearing",),
            lives_alone=True,
            note="习惯上午接电话",
            contacts=(
                _contact(Relation.SELF, "", "+8637160000001", ContactRole.DECIDES),
                _contact(Relation.DAUGHTER, "赵敏", "+8613800000001"),
            ),
        ),
        "li": NewResident(
            name="李国栋",
            community_id=community,
            grid_id=grid,
            sex=Sex.MALE,
            born_on=date(1938, 6, 1),
            address="棉纺东路12号院10号楼3单元101",
            building="10号楼",
            unit="3单元",
            floor=1,
            mobility="M0",
            contacts=(_contact(Relation.SELF, "", "+8613800000002", ContactRole.DECIDES),),
        ),
        "wang": NewResident(
            name="王秀兰",
            community_id=community,
            grid_id=grid,
            sex=Sex.FEMALE,
            born_on=date(1940, 2, 20),
            address="棉纺东路12号院10号楼3单元101",
            building="10号楼",
            unit="3单元",
            floor=1,
            mobility="M1",
            contacts=(_contact(Relation.SELF, "", "+8613800000002", ContactRole.DECIDES),),
        ),
        "qian": NewResident(
            name="钱永福",
            community_id=community,
            grid_id=grid,
            sex=Sex.MALE,
            born_on=date(1935, 10, 12),
            address="棉纺西路5号院2号楼1单元502",
            mobility="M4",
            contacts=(),
        ),
        "he": NewResident(
            name="何美云",
            community_id=other,
            sex=Sex.FEMALE,
            born_on=date(1936, 5, 5),
            address="兴华北街8号院1号楼2单元203",
            mobility="M1",
            contacts=(_contact(Relation.SELF, "", "+8613800000009", ContactRole.DECIDES),),
        ),
    }
    return {key: add_resident(session, row=row, now=now) for key, row in rows.items()}


def _doses(
    session: Session, campaign: Campaign, residents: dict[str, int], by: int, now: datetime
) -> None:
    product = session.scalars(select(Product).where(Product.code == "coronavac")).one()
    given = {
        "zhao": (date(2021, 6, 10), date(2021, 7, 8)),
        "li": (date(2021, 8, 1), date(2021, 8, 29), date(2022, 11, 28)),
    }
    for name, days in given.items():
        for number, on in enumerate(days, start=1):
            draft = DoseDraft(
                resident_id=residents[name],
                vaccine_id=campaign.vaccine_id,
                given_on=on,
                grade=EvidenceGrade.OFFICIAL_REGISTER,
                reference=f"town-{name}-{number}",
                product_id=product.id,
                site_text="棉纺路社区卫生服务中心",
            )
            record_dose(session, draft=draft, today=now.astimezone(ZONE).date(), by=by, now=now)


def _assign(session: Session, residents: dict[str, int], user_id: int) -> None:
    rows = session.scalars(
        select(LedgerEntry).where(LedgerEntry.resident_id.in_(list(residents.values())))
    )
    for row in rows:
        if row.resident_id != residents["he"]:
            row.assigned_to = user_id
    session.flush()


def _site(session: Session, area_id: int, now: datetime) -> tuple[int, tuple[int, ...]]:
    address = add_address(session, text="桐柏路36号社区卫生服务中心", area_id=area_id, now=now)
    address.latitude, address.longitude = 34.749, 113.622
    site = add_site(
        session,
        name="棉纺路社区卫生服务中心",
        area_id=area_id,
        address_id=address.id,
        phone="0371-60000100",
    )
    day = now.astimezone(ZONE).date()
    hours = Hours(opens=time(8, 30), closes=time(11, 30), slot_minutes=30, capacity_per_slot=2)
    sessions = [
        add_site_session(session, site_id=site.id, on=day + timedelta(days=n), hours=hours).id
        for n in (1, 2, 5)
    ]
    return site.id, tuple(sessions)


def entry_of(session: Session, resident_id: int) -> LedgerEntry:
    """Return the one ledger line of a resident."""
    return session.scalars(select(LedgerEntry).where(LedgerEntry.resident_id == resident_id)).one()


def contacts_of(session: Session, resident_id: int) -> dict[Relation, ContactPerson]:
    """Return a resident's contact persons by relation."""
    rows: Iterable[ContactPerson] = session.scalars(
        select(ContactPerson).where(ContactPerson.resident_id == resident_id)
    )
    return {row.relation: row for row in rows}


def resident_of(session: Session, resident_id: int) -> Resident:
    """Return a resident's row."""
    return session.get_one(Resident, resident_id)
