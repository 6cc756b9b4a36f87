"""Every figure of every table opens exactly its people; parts sum to wholes; rollups equal a recount."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.db import Database
from outreach.kernel.errors import NotAllowed, NotFound
from outreach.ledger.codes import Cause, EntryStatus
from outreach.ledger.entry_models import LedgerEntry
from outreach.ledger.models import Resident
from outreach.oversight.codes import (
    ONLY_STATUSES,
    PARTITIONS,
    Basis,
    Dimension,
    Figure,
)
from outreach.oversight.coverage import Asked, Coverage, choose_campaign, coverage
from outreach.oversight.models import Rollup, RollupTouch
from outreach.oversight.people import Cell, ids_of, people_of
from outreach.oversight.rollups import prove, rebuild, refresh, touch_residents
from outreach.oversight.rules import sums_hold, total
from outreach.places.models import Area
from tests.builders.city import NOW, TODAY, City, Size, build_city

FINER = (*PARTITIONS, Dimension.REASON, Dimension.DEFERRAL)


@pytest.fixture
def city(database: Database) -> City:
    with database.write() as session:
        return build_city(session, size=Size(communities=2, grids=2, people=10))


def asked(session: Session, area_id: int | None, basis: Basis = Basis.REGISTRATION) -> Asked:
    return Asked(choose_campaign(session, None), basis, area_id, FINER)


def walk(session: Session, basis: Basis) -> list[Coverage]:
    """Open every unit from the top to the last grid."""
    seen: list[Coverage] = []
    waiting: list[int | None] = [None]
    while waiting:
        found = coverage(session, asked(session, waiting.pop(), basis), scope=EVERYWHERE, now=NOW)
        seen.append(found)
        waiting += [child.unit.id for child in found.children]
    return seen


@pytest.mark.parametrize("basis", list(Basis))
def test_sums_of_every_table_hold_from_district_to_grid(
    database: Database, city: City, basis: Basis
) -> None:
    with database.write() as session:
        rebuild(session, day=TODAY, now=NOW)
    with database.read() as session:
        pages = walk(session, basis)
    assert len(pages) == 1 + 2 + 4 + 8  # one district is its own root
    for page in pages:
        assert sums_hold(page.whole)
        if page.children:
            parts = total(child.counts for child in page.children) + page.without_grid
            assert parts == page.whole
        for dimension in PARTITIONS:
            values = total(v.counts for v in page.by_value[dimension])
            assert values == page.whole, dimension
        for dimension, statuses in ONLY_STATUSES.items():
            values = total(v.counts for v in page.by_value[dimension])
            assert all(
                getattr(values, status) == getattr(page.whole, status) for status in statuses
            )


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("is_built", [True, False])
def test_drill_down_of_every_figure_gives_exactly_its_people(
    database: Database, city: City, basis: Basis, is_built: bool
) -> None:
    if is_built:
        with database.write() as session:
            rebuild(session, day=TODAY, now=NOW)
    with database.read() as session:
        pages = walk(session, basis)
        opened = 0
        for page in pages if is_built else pages[:2]:
            place = Cell(
                city.campaign_id,
                Figure.DUE,
                basis,
                page.unit.id if page.unit else None,
            )
            for figure in Figure:
                cell = replace(place, figure=figure)
                ids = ids_of(session, cell, scope=EVERYWHERE, now=NOW)
                assert len(ids) == len(set(ids)) == page.whole.of(figure), cell
                opened += 1
            for dimension, rows in page.by_value.items():
                for row in rows:
                    for figure in (Figure.VACCINATED, Figure.DUE, Figure.DECLINED, Figure.DEFERRED):
                        cell = replace(place, figure=figure, dimension=dimension, value=row.value)
                        ids = ids_of(session, cell, scope=EVERYWHERE, now=NOW)
                        assert len(ids) == row.counts.of(figure), cell
                        opened += 1
            if page.without_grid:
                cell = replace(place, no_grid=True, figure=Figure.LEDGER)
                ids = ids_of(session, cell, scope=EVERYWHERE, now=NOW)
                assert len(ids) == page.without_grid.of(Figure.LEDGER)
        assert opened > 100


def test_drill_down_pages_together_hold_everyone_once(database: Database, city: City) -> None:
    cell = Cell(city.campaign_id, Figure.LEDGER, area_id=city.districts[0])
    with database.read() as session:
        first = people_of(session, cell, scope=EVERYWHERE, now=NOW)
        listed = [p.resident_id for p in first.people]
        for page in range(2, first.total // 50 + 2):
            more = people_of(session, cell, scope=EVERYWHERE, now=NOW, page=page)
            listed += [p.resident_id for p in more.people]
        assert len(listed) == len(set(listed)) == first.total
        assert sorted(listed) == sorted(ids_of(session, cell, scope=EVERYWHERE, now=NOW))


def test_each_person_counts_once_above_both_communities(database: Database, city: City) -> None:
    """Moment 2b: registered in one community, staying in another."""
    with database.read() as session:
        by_home = coverage(session, asked(session, None), scope=EVERYWHERE, now=NOW)
        by_stay = coverage(
            session, asked(session, None, Basis.RESIDENCE), scope=EVERYWHERE, now=NOW
        )
        lines = session.scalar(select(func.count()).select_from(LedgerEntry))
    assert by_stay.whole.of(Figure.LEDGER) == lines
    assert by_home.whole.of(Figure.LEDGER) + by_home.whole.elsewhere == lines


def test_rollup_is_exact_while_communities_wait_to_be_counted(
    database: Database, city: City
) -> None:
    with database.write() as session:
        rebuild(session, day=TODAY, now=NOW)
    with database.write() as session:
        due = session.scalars(
            select(LedgerEntry).where(LedgerEntry.status == EntryStatus.TO_CONTACT)
        ).all()
        for entry in due[:10]:
            entry.status = EntryStatus.VACCINATED
        touch_residents(session, [entry.resident_id for entry in due[:10]])
    with database.read() as session:
        waiting = [whole.whole for whole in walk(session, Basis.REGISTRATION)]
        assert session.scalar(select(RollupTouch).limit(1)) is not None
    with database.write() as session:
        assert refresh(session, now=NOW) > 0
        assert session.scalar(select(func.count()).select_from(RollupTouch)) == 0
    with database.read() as session:
        assert [page.whole for page in walk(session, Basis.REGISTRATION)] == waiting
    with database.write() as session:
        assert prove(session, now=NOW) == []


def test_rollup_proves_itself_and_repairs_what_differs(database: Database, city: City) -> None:
    with database.write() as session:
        rebuild(session, day=TODAY, now=NOW)
        assert prove(session, now=NOW) == []
        session.execute(
            update(Rollup)
            .where(Rollup.area_id == city.streets[0], Rollup.dimension == Dimension.ALL)
            .values(vaccinated=Rollup.vaccinated + 1)
        )
        found = prove(session, now=NOW)
        assert {(d.area_id, d.dimension) for d in found} == {(city.streets[0], Dimension.ALL)}
        assert prove(session, now=NOW) == []


def test_rollup_of_a_new_day_moves_people_between_age_bands(database: Database, city: City) -> None:
    with database.write() as session:
        person = session.get_one(Resident, city.residents[0])
        person.born_on = TODAY.replace(year=TODAY.year - 85, day=TODAY.day + 1)
        rebuild(session, day=TODAY, now=NOW)
        before = _in_band(session, city, "80_84", person.id)
        tomorrow = NOW.replace(day=NOW.day + 1)
        refresh(session, now=tomorrow)
        assert before
        assert not _in_band(session, city, "80_84", person.id)
        assert _in_band(session, city, "85_89", person.id)


def _in_band(session: Session, city: City, band: str, resident_id: int) -> bool:
    figure = Figure.ELSEWHERE
    for figure in (Figure.LEDGER, Figure.ELSEWHERE):
        cell = Cell(city.campaign_id, figure, dimension=Dimension.AGE, value=band)
        if resident_id in ids_of(session, cell, scope=EVERYWHERE, now=NOW):
            return True
    return False


def test_drill_down_is_refused_without_the_right_to_names(database: Database, city: City) -> None:
    with database.read() as session:
        path = session.get_one(Area, city.streets[0]).path
        other = session.get_one(Area, city.streets[1]).path
        figures_only = Scope(paths=(path,))
        here = Cell(city.campaign_id, Figure.DUE, area_id=city.streets[0])
        with pytest.raises(NotAllowed):
            people_of(session, here, scope=figures_only, now=NOW)
        named = Scope(paths=(path,), named_paths=(path,))
        assert people_of(session, here, scope=named, now=NOW).total > 0
        with pytest.raises(NotFound):
            people_of(session, replace(here, area_id=city.streets[1]), scope=named, now=NOW)
        half = Scope(paths=(path, other), named_paths=(path,))
        with pytest.raises(NotAllowed):
            people_of(session, replace(here, area_id=None), scope=half, now=NOW)


def test_an_act_touches_its_communities_in_its_own_transaction(database: Database) -> None:
    from outreach.workflows.restate import restate
    from tests.builders.ledger import add_elders, build_village

    with database.write() as session:
        village = build_village(session)
        (resident_id,) = add_elders(session, village)
        rebuild(session, day=TODAY, now=NOW)
        session.get_one(Resident, resident_id).community_id = village.other_community_id
        session.get_one(Resident, resident_id).grid_id = None
        restate(session, resident_id=resident_id, by=None, cause=Cause.EDITED, now=NOW)
        touched = set(session.scalars(select(RollupTouch.community_id)))
        assert touched == {village.community_id, village.other_community_id}
        session.execute(delete(RollupTouch))
        refresh(session, now=NOW)
