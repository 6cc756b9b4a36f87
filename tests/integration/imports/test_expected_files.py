"""Through the command line, on both databases: every row of the sample ledgers comes out as expected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.db import Database
from outreach.ledger.codes import EntryStatus, EvidenceGrade, StrikeOffKind
from outreach.ledger.entry_models import Dose, LedgerEntry, StrikeOff
from outreach.ledger.import_models import ImportRow
from outreach.ledger.models import Resident
from outreach.places.codes import AreaLevel
from outreach.places.models import Area
from tests.integration.imports.files import HEADER, many
from tests.unit.ledger.sheet_files import workbook

DATA = Path(__file__).resolve().parents[2] / "data" / "ledgers"
Answered = Callable[..., dict[str, Any]]
Opened = Callable[[], Database]


def expected(filename: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(
        (DATA / f"{Path(filename).stem}.expected.json").read_text(encoding="utf-8")
    )
    return plain


def bring(answered: Answered, filename: str, community: str) -> dict[str, Any]:
    return answered(
        "import", str(DATA / filename), "--community", community, "--as-of", "2026-12-01", "--json"
    )


def check(answer: dict[str, Any], want: dict[str, Any]) -> None:
    special = {s["row"]: s["expect"] for s in want["special_rows"]}
    got = {
        r["row"]: ":".join([r["outcome"], *([",".join(r["codes"])] if r["codes"] else [])])
        for r in answer["rows"]
    }
    assert len(got) == want["data_rows"]
    assert got == {row: special.get(row, "imported") for row in got}
    rows = {r["row"]: r["resident"] for r in answer["rows"]}
    for case in want["special_rows"]:
        resident = rows[case["row"]]
        for key, value in case.get("want", {}).items():
            assert _value(resident, key) == value, (case, key)
    doses = [
        len(r["resident"]["doses"])
        for r in answer["rows"]
        if r["outcome"] in {"imported", "warning"}
    ]
    assert sum(doses) == want["dated_doses_in_imported_rows"]


def _value(resident: dict[str, Any], key: str) -> object:
    if key == "phone":
        return resident["phones"][0]
    if key == "second":
        return resident["phones"][1]
    if key == "id_is_full":
        return resident["id_length"] == 18
    if key == "note_kept":
        return bool(resident["note"])
    return resident[key]


@pytest.mark.parametrize(
    ("filename", "community"),
    [("ledger-miandong.xlsx", "棉东社区"), ("ledger-xinghua-gbk.csv", "兴华社区")],
)
def test_every_row_of_a_sample_ledger_comes_out_as_expected_and_nothing_twice(
    answered: Answered, opened: Opened, filename: str, community: str
) -> None:
    want = expected(filename)
    first = bring(answered, filename, community)
    check(first, want)
    in_ledger = want["rows_by_outcome"]["imported"] + want["rows_by_outcome"]["warning"]
    assert (first["created"], first["committed"]) == (in_ledger, True)

    again = bring(answered, filename, community)
    check(again, want)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, in_ledger)

    with opened().read() as session:
        residents = session.scalar(select(func.count()).select_from(Resident))
        doses = session.scalar(select(func.count()).select_from(Dose))
        lines = session.scalar(select(func.count()).select_from(LedgerEntry))
        kept = session.scalar(select(func.count()).select_from(ImportRow))
        grids = session.scalar(
            select(func.count()).select_from(Area).where(Area.level == AreaLevel.GRID)
        )
        grades = set(session.scalars(select(Dose.grade)))
    assert (residents, lines) == (in_ledger, in_ledger)
    assert doses == want["dated_doses_in_imported_rows"]
    assert grades == {EvidenceGrade.SELF_REPORT}
    assert grids == want.get("grids", 0)
    assert kept is not None
    assert kept >= 2 * want["data_rows"]


def test_the_official_list_is_reconciled_as_expected_and_strikes_off(
    answered: Answered, opened: Opened
) -> None:
    want = expected("ledger-miandong.xlsx")["official-doses.xlsx"]
    bring(answered, "ledger-miandong.xlsx", "棉东社区")
    arguments = ("reconcile", str(DATA / "official-doses.xlsx"), "--as-of", "2026-12-01", "--json")
    result = answered(*arguments, "--community", "棉东社区")
    assert {key: result[key] for key in want} == want
    assert list(result)[-6:][:4] == list(want)
    assert Counter(r["verdict"] for r in result["rows"]) == want
    with opened().read() as session:
        official = session.scalar(
            select(func.count())
            .select_from(Dose)
            .where(Dose.grade == EvidenceGrade.OFFICIAL_REGISTER)
        )
        closures = session.scalars(
            select(StrikeOff.grade).where(StrikeOff.kind == StrikeOffKind.VACCINATED)
        ).all()
        struck_off = session.scalar(
            select(func.count())
            .select_from(LedgerEntry)
            .where(LedgerEntry.status == EntryStatus.VACCINATED)
        )
    assert official == want["new_dose"] + want["already_in_ledger"]
    assert len(closures) == struck_off
    assert closures
    assert set(closures) == {EvidenceGrade.OFFICIAL_REGISTER}

    again = answered(*arguments)
    assert again["new_dose"] == 0
    assert again["already_in_ledger"] == want["new_dose"] + want["already_in_ledger"]


def test_a_community_nobody_knows_cannot_be_reconciled(command: Callable[..., Any]) -> None:
    done = command(
        "reconcile", str(DATA / "official-doses.xlsx"), "--community", "没有社区", "--json"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "community_unknown" in done.stderr


def test_fault_45_a_workbook_of_several_sheets_says_which_were_not_read(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    rows = [[*HEADER], *[[one[h] for h in HEADER] for one in many(6)]]
    book = tmp_path / "grids.xlsx"
    book.write_bytes(workbook({"第1网格": rows[:5], "第2网格": [rows[0], *rows[5:]]}))
    arguments = ("import", str(book), "--community", "棉东社区", "--as-of", "2026-12-01", "--json")
    first = command(*arguments)
    answer = json.loads(first.stdout)
    assert (answer["created"], answer["other_sheets"]) == (4, ["第2网格"])
    assert "NOT read: 第2网格" in first.stderr
    second = json.loads(command(*arguments, "--sheet", "第2网格").stdout)
    assert second["created"] == 2
    unknown = command(*arguments, "--sheet", "第3网格")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "sheet_unknown" in unknown.stderr
