"""Every number opens into exactly the people it counts, and the parts sum to the whole (N7)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.db import Database
from outreach.ledger.area_counts import counts_below, filter_of
from outreach.ledger.codes import EntryStatus
from outreach.ledger.ledger_filter import LedgerFilter
from outreach.ledger.people_list import Order, list_ids, list_people
from outreach.ledger.search import search
from outreach.ledger.stays import StayDraft, add_stay
from outreach.ledger.visibility import Basis
from outreach.places.models import Address, Area
from outreach.workflows.record_dose import record_dose
from tests.builders.ledger import NOW, TODAY, Village, add_elders, counts_of, dose, elder


def _people(session, village: Village) -> list[int]:
    rows = [
        elder(village, "赵桂兰", id_number="410103193503080028"),
        elder(village, "单桂芳", address="兴华南街27号院2号楼2单元501", contacts=()),
        elder(village, "欧阳修文", grid_id=None, lives_alone=True),
        elder(village, "李年轻", born_on=date(1950, 1, 1)),
        elder(village, "王外住", community_id=village.other_community_id, grid_id=None),
    ]
    ids = add_elders(session, village, *rows)
    record_dose(session, draft=dose(village, ids[0], TODAY), by=village.worker, now=NOW)
    return ids


def test_categories_sum_and_every_figure_opens_its_people(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        ids = _people(session, village)
        home = Address(text="棉纺东路1号", area_id=village.community_id)
        session.add(home)
        session.flush()
        stay = StayDraft(
            resident_id=ids[4],
            address_id=home.id,
            community_id=village.community_id,
            from_on=TODAY,
        )
        add_stay(session, draft=stay, by=village.worker, now=NOW)
    with database.read() as session:
        for basis in Basis:
            for area_id in (village.district_id, village.street_id, village.community_id):
                shared: dict[str, Any] = {
                    "campaign_id": village.campaign_id,
                    "scope": EVERYWHERE,
                    "day": TODAY,
                    "basis": basis,
                }
                whole = counts_of(session, area_id=area_id, **shared)
                parts = counts_below(session, area_id=area_id, **shared)
                assert sum(part.total for part in parts) == whole.total
                assert whole.struck_off + whole.due <= whole.denominator
                for part in parts:
                    asked = filter_of(
                        part,
                        campaign_id=village.campaign_id,
                        community_id=village.community_id,
                        basis=basis,
                    )
                    for status, number in part.by_status.items():
                        one = LedgerFilter(
                            **{
                                **{f: getattr(asked, f) for f in asked.__slots__},
                                "statuses": frozenset({status}),
                            }
                        )
                        found = list_ids(session, asked=one, scope=EVERYWHERE, day=TODAY)
                        assert len(found) == number
        both = [
            counts_of(
                session,
                campaign_id=village.campaign_id,
                area_id=village.district_id,
                scope=EVERYWHERE,
                day=TODAY,
                basis=basis,
            ).total
            for basis in Basis
        ]
        assert both == [5, 5]


def test_moment_2b_who_stays_elsewhere_counts_once_under_each_basis(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        home = Address(text="兴华南街1号", area_id=village.other_community_id)
        session.add(home)
        session.flush()
        stay = StayDraft(
            resident_id=zhao,
            address_id=home.id,
            community_id=village.other_community_id,
            from_on=TODAY,
        )
        add_stay(session, draft=stay, by=village.worker, now=NOW)
    with database.read() as session:

        def total(area_id: int, basis: Basis) -> int:
            return counts_of(
                session,
                campaign_id=village.campaign_id,
                area_id=area_id,
                scope=EVERYWHERE,
                day=TODAY,
                basis=basis,
            ).total

        assert total(village.community_id, Basis.REGISTERED) == 1
        assert total(village.other_community_id, Basis.REGISTERED) == 0
        assert total(village.community_id, Basis.STAYING) == 0
        assert total(village.other_community_id, Basis.STAYING) == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("赵桂兰", ["赵桂兰"]),
        ("桂兰", ["赵桂兰"]),
        ("趙桂蘭", ["赵桂兰"]),
        ("zhaogui", ["赵桂兰"]),
        ("zgl", ["赵桂兰"]),
        ("shan", ["单桂芳"]),
        ("ouyangxw", []),
        ("oyxw", ["欧阳修文"]),
        ("0001", ["李年轻", "欧阳修文", "王外住", "赵桂兰"]),
        ("0028", ["赵桂兰"]),
        ("410103193503080028", ["赵桂兰"]),
        ("13900000001 赵", ["赵桂兰"]),
        ("兴华南街 27号院", ["单桂芳"]),
        ("兴华南街27号院2号楼", ["单桂芳"]),
        ("赵 兴华", []),
        ("%", []),
    ],
)
def test_people_are_found_by_what_is_known_of_them(
    database: Database, village: Village, typed: str, found: list[str]
) -> None:
    with database.write() as session:
        _people(session, village)
    with database.read() as session:
        names = [f.name for f in search(session, text=typed, scope=EVERYWHERE, day=TODAY)]
    assert sorted(names) == sorted(found)


def test_a_search_never_leaves_the_scope(database: Database, village: Village) -> None:
    with database.write() as session:
        _people(session, village)
    with database.read() as session:
        other = session.get_one(Area, village.other_community_id)
        scope = Scope(paths=(other.path,), named_paths=(other.path,))
        assert [f.name for f in search(session, text="0001", scope=scope, day=TODAY)] == ["王外住"]
        page = list_people(
            session,
            asked=LedgerFilter(campaign_id=village.campaign_id),
            scope=scope,
            day=TODAY,
        )
        assert [row.name for row in page.rows] == ["王外住"]


def test_a_list_filters_sorts_and_counts(database: Database, village: Village) -> None:
    with database.write() as session:
        _people(session, village)
    with database.read() as session:

        def names(order: Order = Order.NAME, **asked: object) -> list[str]:
            wanted = LedgerFilter(campaign_id=village.campaign_id, **asked)  # type: ignore[arg-type]
            page = list_people(session, asked=wanted, scope=EVERYWHERE, day=TODAY, order=order)
            assert page.total == len(page.rows) == sum(page.by_status.values())
            return [row.name for row in page.rows]

        assert names(statuses=frozenset({EntryStatus.VACCINATED})) == ["赵桂兰"]
        assert names(statuses=frozenset({EntryStatus.NOT_YET_ELIGIBLE})) == ["李年轻"]
        assert names(lives_alone=True) == ["欧阳修文"]
        assert names(missing="phone") == ["单桂芳"]
        assert names(missing="grid") == ["欧阳修文", "王外住"]
        assert names(age_until=79) == ["李年轻"]
        assert "李年轻" not in names(age_from=80)
        assert names(without_dose=False) == ["赵桂兰"]
        assert names(text="单") == ["单桂芳"]
        assert len(names(due_until=TODAY + timedelta(days=1))) == 3
        masked = list_people(
            session,
            asked=LedgerFilter(campaign_id=village.campaign_id),
            scope=Scope(paths=("/",), named_paths=()),
            day=TODAY,
        )
        assert {row.name for row in masked.rows} == {"赵**", "单**", "欧**", "李**", "王**"}
        assert {row.address for row in masked.rows} == {""}
