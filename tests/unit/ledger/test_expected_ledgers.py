"""Both sample ledgers and the official list come out exactly as their expected files say, row by row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outreach.kernel.place import PlaceRules
from outreach.ledger.ledger_file import LedgerReading, open_ledger, preview_file, read_ledger
from outreach.ledger.official import KnownDose, KnownResident, read_official, reconcile_all

DATA = Path(__file__).resolve().parents[2] / "data" / "ledgers"
FILES = ("ledger-miandong.xlsx", "ledger-xinghua-gbk.csv")
WANTED: dict[str, Callable[[dict[str, Any], tuple[str, ...]], object]] = {
    "phone": lambda r, _: r["phones"][0],
    "second": lambda r, _: r["phones"][1],
    "id_is_full": lambda r, _: r["id_length"] == 18,
    "eligible_on": lambda r, _: r["eligible_on"],
    "may_message": lambda r, _: r["may_message"],
    "note_kept": lambda r, cells: r["note"] == cells[-1],
    "name": lambda r, _: r["name"],
}


def expected(filename: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(
        (DATA / f"{Path(filename).stem}.expected.json").read_text(encoding="utf-8")
    )
    return plain


@pytest.fixture(scope="module")
def readings() -> dict[str, LedgerReading]:
    return {
        name: read_ledger(
            DATA / name,
            filename=name,
            as_of=date.fromisoformat(expected(name)["as_of"]),
            place=PlaceRules(),
        )
        for name in FILES
    }


@pytest.mark.parametrize("filename", FILES)
def test_every_row_has_exactly_the_expected_outcome_and_codes(
    readings: dict[str, LedgerReading], filename: str
) -> None:
    want = expected(filename)
    special = {s["row"]: s["expect"] for s in want["special_rows"]}
    got = {
        r.row: f"{r.outcome}:{','.join(r.codes)}" if r.codes else str(r.outcome)
        for r in readings[filename].rows
    }
    assert len(got) == want["data_rows"]
    assert got == {row: special.get(row, "imported") for row in got}
    assert set(special) <= set(got)


@pytest.mark.parametrize("filename", FILES)
def test_every_wanted_value_comes_out_in_its_form(
    readings: dict[str, LedgerReading], filename: str
) -> None:
    rows = {r.row: r for r in readings[filename].rows}
    for special in expected(filename)["special_rows"]:
        row = rows[special["row"]]
        for key, value in special.get("want", {}).items():
            assert WANTED[key](row.resident_json(), row.cells) == value, (special, key)


@pytest.mark.parametrize("filename", FILES)
def test_the_counts_and_dated_doses_are_those_expected(
    readings: dict[str, LedgerReading], filename: str
) -> None:
    want, got = expected(filename), readings[filename]
    assert got.rows_by_outcome == want["rows_by_outcome"]
    assert got.dated_doses == want["dated_doses_in_imported_rows"]
    assert got.questions == ()


def test_grids_written_once_stand_for_the_rows_below(readings: dict[str, LedgerReading]) -> None:
    got = readings["ledger-miandong.xlsx"]
    grids = Counter(r.values.grid for r in got.rows)
    assert len(grids) == expected("ledger-miandong.xlsx")["grids"]
    assert "" not in grids


def test_paper_around_the_rows_is_shown_and_not_silently_dropped(
    readings: dict[str, LedgerReading],
) -> None:
    got = readings["ledger-miandong.xlsx"]
    assert [(s.row, s.reason) for s in got.skipped] == [(327, "total"), (328, "signature")]


def test_a_repeat_is_linked_to_the_row_it_repeats(readings: dict[str, LedgerReading]) -> None:
    rows = {r.row: r for r in readings["ledger-miandong.xlsx"].rows}
    assert (rows[325].repeats_row, rows[326].repeats_row) == (225, 6)


def test_the_official_list_is_reconciled_with_the_expected_counts(
    readings: dict[str, LedgerReading],
) -> None:
    official = read_official(
        DATA / "official-doses.xlsx",
        filename="official-doses.xlsx",
        as_of=date(2026, 12, 1),
        place=PlaceRules(),
    )
    residents = {
        r.values.id_number: KnownResident(
            r.values.name, tuple(KnownDose(d.given_on, d.number) for d in r.values.doses)
        )
        for r in readings["ledger-miandong.xlsx"].rows
        if r.is_in_ledger and r.values.id_number
    }
    counts = Counter(str(v) for _, v in reconcile_all(official.rows, residents=residents))
    assert counts == expected("ledger-miandong.xlsx")["official-doses.xlsx"]


def test_a_stream_gives_the_same_rows_in_batches_and_stops_when_closed(
    readings: dict[str, LedgerReading],
) -> None:
    name = FILES[0]
    options: dict[str, Any] = {"filename": name, "as_of": date(2026, 12, 1), "place": PlaceRules()}
    stream = open_ledger(DATA / name, **options)
    assert tuple(r for batch in stream.batches() for r in batch) == readings[name].rows
    early = open_ledger(DATA / name, **options)
    assert early.head.columns is not None
    early.close()
    assert list(early) == []


def test_a_preview_shows_the_guess_and_the_first_rows() -> None:
    head = preview_file(
        DATA / FILES[1], filename=FILES[1], as_of=date(2026, 12, 1), place=PlaceRules()
    )
    assert (head.kind, head.encoding) == ("text", "gb18030")
    assert head.columns is not None
    assert head.columns.fields[2] == "id_number"
    assert head.sample[0][1][0] == "姓名"


def test_rows_read_again_from_their_stored_texts_come_out_the_same(
    readings: dict[str, LedgerReading],
) -> None:
    """A row mended in place is read from the texts kept in the batch, not from the file."""
    from outreach.ledger.rows import RowReader

    for reading in readings.values():
        assert reading.head.columns is not None
        reader = RowReader(
            reading.head.columns, as_of=date(2026, 12, 1), place=PlaceRules(), is_1904=False
        )
        for row in reading.rows:
            if row.is_in_ledger or row.outcome == "error":
                again = reader.read(row.row, list(row.cells))
                assert (again.outcome, again.codes) == (row.outcome, row.codes)
                assert again.values == row.values
