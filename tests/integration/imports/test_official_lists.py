"""An official list against a ledger: what it proves, what it completes, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.ledger.codes import Cause, EntryStatus, EvidenceGrade
from outreach.ledger.entry_models import Dose, LedgerEntry
from outreach.ledger.import_models import ImportRow
from outreach.ledger.models import Resident
from outreach.ledger.official import Verdict
from outreach.ledger.official_lines import RECORDED_SINCE
from outreach.workflows.reconcile_doses import reconcile_file
from outreach.workflows.resolve_conflict import Resolution, resolve_conflict
from outreach.workflows.restate import restate_many
from tests.integration.imports.files import AS_OF, Ledgers, csv_file, id_number, person

LIST = ("受种者姓名", "身份证号", "疫苗名称", "生产企业", "剂次", "接种日期", "接种单位")
AD5 = "重组新型冠状病毒疫苗（5型腺病毒载体）"  # brackets as a Chinese keyboard writes them


def line(**changes: str) -> dict[str, str]:
    plain = {
        "受种者姓名": "赵桂兰",
        "身份证号": id_number(),
        "疫苗名称": "新冠病毒疫苗(Vero细胞)",
        "剂次": "3",
        "接种日期": "2026-11-10",
        "接种单位": "棉纺路中心",
    }
    return plain | changes


def reconcile(
    ledgers: Ledgers, *lines: dict[str, str], community: str | None = "棉东社区"
) -> list[Verdict]:
    result = reconcile_file(
        ledgers.database,
        source=csv_file(lines, header=LIST),
        filename="list.csv",
        community=community,
        as_of=AS_OF,
        hand=ledgers.hand("list"),
    )
    return [Verdict(row["verdict"]) for row in result["rows"]]


def doses(ledgers: Ledgers) -> Sequence[Any]:
    columns = (Dose.given_on, Dose.grade, Dose.product_id, Dose.product_text, Dose.site_text)
    with ledgers.database.read() as session:
        return session.execute(select(*columns).order_by(Dose.given_on)).all()


def status(ledgers: Ledgers, now: datetime) -> set[EntryStatus]:
    with ledgers.database.write() as session:
        ids = session.scalars(select(Resident.id)).all()
        restate_many(session, resident_ids=ids, by=None, cause=Cause.DAY, now=now)
        return set(session.scalars(select(LedgerEntry.status)))


def test_a_booster_on_the_register_closes_in_its_place_and_not_as_a_first_dose(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person()])
    assert reconcile(ledgers, line()) == [Verdict.NEW_DOSE]
    given = datetime(2026, 11, 10, 4, tzinfo=UTC)
    assert status(ledgers, ledgers.now) == {EntryStatus.VACCINATED}
    assert status(ledgers, given + timedelta(days=60)) == {EntryStatus.VACCINATED}
    # The second booster falls due six months after the first, and no day sooner.
    assert status(ledgers, given + timedelta(days=190)) == {EntryStatus.TO_CONTACT}


def test_what_is_only_told_after_a_proven_dose_closes_nothing(ledgers: Ledgers) -> None:
    ledgers.bring([person(第一针="2021-05-01", 第二针="2026-11-12")])
    assert reconcile(ledgers, line(剂次="1", 接种日期="2021-05-01")) == [Verdict.ALREADY_IN_LEDGER]
    assert status(ledgers, ledgers.now) == {EntryStatus.TO_CONTACT}


def test_a_product_is_known_however_wide_its_brackets_are(ledgers: Ledgers) -> None:
    ledgers.bring([person(第一针="", 第二针="")])
    assert reconcile(ledgers, line(疫苗名称=AD5, 剂次="1")) == [Verdict.NEW_DOSE]
    assert [dose.product_id is not None for dose in doses(ledgers)] == [True]


def test_a_dose_that_was_known_takes_what_the_register_knows_of_it(ledgers: Ledgers) -> None:
    ledgers.bring([person(第一针="2026-11-10", 第二针="")])
    assert reconcile(ledgers, line(疫苗名称=AD5, 剂次="1")) == [Verdict.ALREADY_IN_LEDGER]
    (dose,) = doses(ledgers)
    assert dose.grade is EvidenceGrade.OFFICIAL_REGISTER
    assert dose.product_id is not None
    assert (dose.product_text, dose.site_text) == (AD5, "棉纺路中心")


def test_a_dose_of_another_vaccine_is_not_recorded_as_one_of_the_campaigns(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(第一针="", 第二针="")])
    assert reconcile(ledgers, line(疫苗名称="四价流感病毒裂解疫苗", 剂次="1")) == [
        Verdict.ROW_UNREADABLE
    ]
    assert doses(ledgers) == []
    with ledgers.database.read() as session:
        (waiting,) = session.scalars(select(ImportRow).where(ImportRow.fingerprint.is_not(None)))
        assert (waiting.codes, waiting.resolved_at) == (["other_vaccine"], None)


@pytest.mark.parametrize(
    ("ledger", "stated", "given_on", "verdict"),
    [
        ({"第一针": "", "第二针": "2021-06-20"}, "1", "2021-05-25", Verdict.NEW_DOSE),
        ({"第二针": "", "加强针": "2022-02-01"}, "2", "2021-06-10", Verdict.NEW_DOSE),
        ({}, "加强1", "2022-11-10", Verdict.NEW_DOSE),
        ({}, "第一剂加强", "2022-11-10", Verdict.NEW_DOSE),
        ({}, "3.0", "2022-11-10", Verdict.NEW_DOSE),
        ({}, "2", "2021-08-01", Verdict.DATE_DIFFERS),
        ({"加强针": "2022-02-01"}, "加强针", "2022-05-01", Verdict.DATE_DIFFERS),
    ],
)
def test_a_stated_number_is_compared_with_stated_numbers(
    ledgers: Ledgers, ledger: dict[str, str], stated: str, given_on: str, verdict: Verdict
) -> None:
    ledgers.bring([person(**ledger)])
    assert reconcile(ledgers, line(剂次=stated, 接种日期=given_on)) == [verdict]


def test_a_list_that_begins_with_the_newest_dose_brings_them_all(ledgers: Ledgers) -> None:
    ledgers.bring([person(第一针="", 第二针="")])
    days = ("2022-01-20", "2021-06-20", "2021-05-20")
    lines = [line(剂次=str(3 - n), 接种日期=day) for n, day in enumerate(days)]
    assert reconcile(ledgers, *lines) == [Verdict.NEW_DOSE] * 3
    assert [dose.given_on for dose in doses(ledgers)] == sorted(map(date.fromisoformat, days))


def test_moment_2b_adding_somebody_whom_another_community_has_makes_no_second_person(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(第一针="", 第二针="")])
    ledgers.bring([person(姓名="钱桂兰", 身份证号=id_number(serial=4))], community="邻居社区")
    assert reconcile(ledgers, line(剂次="1"), community="邻居社区") == [Verdict.NO_SUCH_RESIDENT]
    before = ledgers.people()
    with ledgers.database.write() as session:
        row = session.scalars(select(ImportRow).where(ImportRow.fingerprint.is_not(None))).one()
        resident_id = resolve_conflict(
            session,
            row_id=row.id,
            resolution=Resolution.ADD_PERSON,
            by=ledgers.village.worker,
            now=ledgers.now,
        )
        named = session.get_one(Resident, resident_id)
        assert named.name == "赵桂兰"
    assert ledgers.people() == before
    assert EvidenceGrade.OFFICIAL_REGISTER in {dose.grade for dose in doses(ledgers)}


def test_a_conflict_ends_where_its_line_has_been_recorded_since(ledgers: Ledgers) -> None:
    assert reconcile(ledgers, line(剂次="1")) == [Verdict.NO_SUCH_RESIDENT]
    ledgers.bring([person(第一针="", 第二针="")])
    again = [line(剂次="1"), line(剂次="2", 接种日期="2026-11-20", 受种者姓名="钱桂兰")]
    assert reconcile(ledgers, *again) == [Verdict.NEW_DOSE, Verdict.NAME_DIFFERS]
    with ledgers.database.read() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.fingerprint.is_not(None)))
        left = {row.outcome: (row.decision, row.resolved_at is None) for row in rows}
    assert left == {
        Verdict.NO_SUCH_RESIDENT: (RECORDED_SINCE, False),
        Verdict.NAME_DIFFERS: ("", True),
    }
