"""A generated city of elders with lines of every status, written in bulk: for sums, small and large."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.contact.codes import Channel
from outreach.contact.models import AttemptReason, ContactAttempt
from outreach.kernel.dates import eligible_on
from outreach.ledger.bulk import insert_rows, reserve_ids
from outreach.ledger.codes import EntryStatus, LifeStatus, Sex
from outreach.ledger.entry_models import Deferral, LedgerEntry
from outreach.ledger.models import Resident, Stay
from outreach.places.addresses import add_address
from outreach.places.codes import AreaLevel
from outreach.places.models import Area, Place
from tests.builders.campaigns import covid_campaign

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 09:30 in Zhengzhou
TODAY = date(2026, 11, 23)
# Roughly how a district stands in the middle of a drive.
WEIGHTS = {
    EntryStatus.NOT_YET_ELIGIBLE: 3,
    EntryStatus.TO_CONTACT: 14,
    EntryStatus.CONSIDERING: 7,
    EntryStatus.AGREED: 4,
    EntryStatus.BOOKED: 4,
    EntryStatus.VACCINATED: 47,
    EntryStatus.DEFERRED: 5,
    EntryStatus.EXEMPT: 2,
    EntryStatus.DECLINED: 7,
    EntryStatus.UNREACHABLE: 3,
    EntryStatus.MOVED: 2,
    EntryStatus.DECEASED: 2,
}
MOBILITY = ("M0", "M0", "M0", "M1", "M1", "M2", "M3", "M4", "M5", "M6", "M9")
REASONS = ("H01", "H02", "H03", "H04", "H06", "H09", "H10")
DEFERRALS = ("D11", "D12", "D13", "D18", "D22")


@dataclass(frozen=True, slots=True)
class City:
    """Ids of the generated place."""

    campaign_id: int
    worker: int
    districts: tuple[int, ...]
    streets: tuple[int, ...]
    communities: tuple[int, ...]
    grids: tuple[int, ...]
    residents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the city is."""

    districts: int = 1
    streets: int = 2
    communities: int = 3
    grids: int = 4
    people: int = 12  # of each grid


def build_city(session: Session, *, size: Size | None = None, seed: int = 7) -> City:
    """Write the city: areas, people, lines; refusals and deferrals with their reasons; a few stays."""
    size = size or Size()
    chance = random.Random(seed)
    session.add(Place(name="示范市"))
    worker = User(username="worker", display_name="孙网格", password_hash=None, created_at=NOW)
    session.add(worker)
    campaign = covid_campaign(session, now=NOW, opens_on=date(2026, 11, 1))
    session.flush()
    areas = _areas(session, size)
    communities = areas[AreaLevel.COMMUNITY]
    plan: list[tuple[int, int | None]] = [
        (grid.parent_id or 0, grid.id) for grid in areas[AreaLevel.GRID] for _ in range(size.people)
    ]
    # A few people of each community belong to no grid yet.
    plan += [(community.id, None) for community in communities for _ in range(2)]
    residents = _people(session, plan, chance)
    entries = _lines(session, residents, campaign.id, chance)
    _reasons(session, entries, worker.id)
    _stays(session, residents, [c.id for c in communities], chance)
    session.flush()
    return City(
        campaign_id=campaign.id,
        worker=worker.id,
        districts=tuple(a.id for a in areas[AreaLevel.DISTRICT]),
        streets=tuple(a.id for a in areas[AreaLevel.STREET]),
        communities=tuple(c.id for c in communities),
        grids=tuple(a.id for a in areas[AreaLevel.GRID]),
        residents=tuple(row["id"] for row in residents),
    )


def _areas(session: Session, size: Size) -> dict[AreaLevel, list[Area]]:
    counts = {
        AreaLevel.DISTRICT: size.districts,
        AreaLevel.STREET: size.streets,
        AreaLevel.COMMUNITY: size.communities,
        AreaLevel.GRID: size.grids,
    }
    names = {"district": "区", "street": "街道", "community": "社区", "grid": "网格"}
    made: dict[AreaLevel, list[Area]] = {}
    parents: list[Area | None] = [None]
    for level, each in counts.items():
        here = [
            Area(
                parent_id=parent.id if parent else None,
                level=level,
                name=f"第{number}{names[level]}",
                latitude=34.7 + 0.01 * (index % 20) if level is AreaLevel.COMMUNITY else None,
                longitude=113.6 + 0.01 * (index // 20) if level is AreaLevel.COMMUNITY else None,
            )
            for index, parent in enumerate(parents)
            for number in range(1, each + 1)
        ]
        session.add_all(here)
        session.flush()
        paths = {p.id: p.path for p in parents if p is not None}
        for area in here:
            area.path = f"{paths.get(area.parent_id or 0, '/')}{area.id}/"
        session.flush()
        made[level] = here
        parents = list(here)
    return made


def _people(
    session: Session, plan: list[tuple[int, int | None]], chance: random.Random
) -> list[dict[str, Any]]:
    ids = reserve_ids(session, Resident, len(plan))
    rows = []
    for number, (community, grid) in zip(ids, plan, strict=True):
        born_on = date(1928, 1, 1) + timedelta(days=chance.randrange(19 * 365))
        rows.append(
            {
                "id": number,
                "uuid": UUID(int=number).hex,
                "name": f"甲{number}",
                "name_folded": f"甲{number}",
                "name_pinyin": "",
                "sex": chance.choice((Sex.FEMALE, Sex.MALE)),
                "born_on": None if chance.random() < 0.01 else born_on,
                "birth_certainty": "stated",
                "eligible_on": eligible_on(born_on, 80),
                "community_id": community,
                "grid_id": grid,
                "is_registered_elsewhere": chance.random() < 0.01,
                "mobility": chance.choice(MOBILITY),
                "mobility_flags": [],
                "lives_alone": chance.choice((True, False, False, None)),
                "language": "zh",
                "dialect": "",
                "life_status": LifeStatus.PRESENT,
                "held_all": False,
                "held_nudges": False,
                "note": "",
                "clinical_note": "",
                "access_note": "",
                "missing": [],
                "created_at": NOW,
                "updated_at": NOW,
                "version": 1,
            }
        )
    for start in range(0, len(rows), 5000):
        insert_rows(session, Resident, rows[start : start + 5000])
    return rows


def _lines(
    session: Session, residents: list[dict[str, Any]], campaign_id: int, chance: random.Random
) -> list[dict[str, Any]]:
    statuses = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=len(residents))
    rows = []
    for person, status in zip(residents, statuses, strict=True):
        doses = 3 if status is EntryStatus.VACCINATED else chance.choice((0, 0, 1, 2))
        rows.append(
            line_row(
                person["id"],
                campaign_id,
                person["community_id"],
                person["grid_id"],
                status,
                doses_counted=doses,
                history_verified=chance.random() < 0.7,
            )
        )
    for start in range(0, len(rows), 5000):
        insert_rows(session, LedgerEntry, rows[start : start + 5000])
    known = session.execute(
        select(LedgerEntry.id, LedgerEntry.resident_id, LedgerEntry.status).where(
            LedgerEntry.campaign_id == campaign_id
        )
    )
    return [{"id": r.id, "resident_id": r.resident_id, "status": r.status} for r in known]


def line_row(
    resident_id: int,
    campaign_id: int,
    community_id: int,
    grid_id: int | None,
    status: EntryStatus,
    **more: object,
) -> dict[str, Any]:
    """Return a line of the ledger as it is written in bulk."""
    return {
        "resident_id": resident_id,
        "campaign_id": campaign_id,
        "community_id": community_id,
        "grid_id": grid_id,
        "status": status,
        "status_since": NOW,
        "rule_id": "",
        "doses_counted": 0,
        "history_verified": True,
        "next_action": "call" if status is EntryStatus.TO_CONTACT else "",
        "refusals": 0,
        "do_not_ask": False,
        "next_channel": "",
        "is_to_verify": False,
        "is_counted": True,
        "restated_on": TODAY,
        "version": 1,
        **more,
    }


def _reasons(session: Session, entries: list[dict[str, Any]], by: int) -> None:
    declined = [e for e in entries if e["status"] is EntryStatus.DECLINED]
    ids = reserve_ids(session, ContactAttempt, len(declined))
    attempts, reasons = [], []
    for number, entry in zip(ids, declined, strict=True):
        attempts.append(
            {
                "id": number,
                "uuid": UUID(int=number + 10**9).hex,
                "resident_id": entry["resident_id"],
                "entry_id": entry["id"],
                "by_user_id": by,
                "at": NOW - timedelta(days=entry["id"] % 20, hours=1),
                "channel": Channel.CALL,
                "outcome": "C04",
                "note": "",
                "is_inbound": False,
                "recorded_at": NOW,
                "void_reason": "",
            }
        )
        if entry["id"] % 9:
            code = REASONS[entry["id"] % len(REASONS)]
            reasons.append({"attempt_id": number, "code": code, "is_main": True})
    insert_rows(session, ContactAttempt, attempts)
    insert_rows(session, AttemptReason, reasons)
    deferred = [e for e in entries if e["status"] in {EntryStatus.DEFERRED, EntryStatus.EXEMPT}]
    insert_rows(
        session,
        Deferral,
        [
            {
                "resident_id": e["resident_id"],
                "code": "D01" if e["status"] is EntryStatus.EXEMPT else DEFERRALS[e["id"] % 5],
                "is_permanent": e["status"] is EntryStatus.EXEMPT,
                "note": "",
                "set_at": NOW,
                "lift_reason": "",
            }
            for e in deferred
        ],
    )


def _stays(
    session: Session,
    residents: list[dict[str, Any]],
    communities: list[int],
    chance: random.Random,
) -> None:
    address = add_address(session, text="示范路1号", area_id=communities[0], now=NOW)
    session.flush()
    guests = [r for r in residents if chance.random() < 0.03]
    insert_rows(
        session,
        Stay,
        [
            {
                "resident_id": guest["id"],
                "address_id": address.id,
                "community_id": chance.choice(communities),
                "from_on": date(2026, 10, 1),
                "until_on": chance.choice((None, date(2027, 3, 1), date(2026, 11, 1))),
                "noted_at": NOW,
            }
            for guest in guests
        ],
    )
