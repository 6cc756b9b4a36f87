"""An official list against the ledger: what may be recorded, and what waits for a person."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.ledger.official import (
    KnownDose,
    KnownResident,
    OfficialRow,
    Verdict,
    read_official,
    reconcile_all,
    reconcile_row,
)
from outreach.ledger.reading import UnreadableFile
from tests.unit.ledger import sheet_files
from tests.unit.ledger.people import AS_OF, PLACE, id_number

NUMBER = id_number(date(1935, 6, 1))
ZHAO = KnownResident("赵玉兰", (KnownDose(date(2021, 7, 24)), KnownDose(date(2021, 8, 20))))


def line(
    given_on: date | None = date(2026, 11, 4), number: int | None = 3, name: str = "赵玉兰"
) -> OfficialRow:
    return OfficialRow(2, name, NUMBER, given_on, number, "", "", "", "", (), ())


@pytest.mark.parametrize(
    ("row", "resident", "verdict"),
    [
        (line(), ZHAO, Verdict.NEW_DOSE),
        (line(number=None), ZHAO, Verdict.NEW_DOSE),
        (line(date(2021, 8, 20), 2), ZHAO, Verdict.ALREADY_IN_LEDGER),
        (line(date(2021, 8, 22), 2), ZHAO, Verdict.DATE_DIFFERS),
        (line(date(2021, 8, 22), None), ZHAO, Verdict.DATE_DIFFERS),
        (line(date(2022, 5, 1), 2), ZHAO, Verdict.DATE_DIFFERS),
        (line(name="某玉兰"), ZHAO, Verdict.NAME_DIFFERS),
        (line(name="趙玉蘭"), ZHAO, Verdict.NEW_DOSE),
        (line(), None, Verdict.NO_SUCH_RESIDENT),
        (line(None), ZHAO, Verdict.ROW_UNREADABLE),
    ],
)
def test_a_line_is_compared_with_the_resident_of_its_number(
    row: OfficialRow, resident: KnownResident | None, verdict: Verdict
) -> None:
    assert reconcile_row(row, resident=resident) is verdict


def test_a_dose_listed_twice_is_new_once() -> None:
    verdicts = [v for _, v in reconcile_all([line(), line()], residents={NUMBER: ZHAO})]
    assert verdicts == [Verdict.NEW_DOSE, Verdict.ALREADY_IN_LEDGER]


def test_other_headers_are_read_and_faults_are_coded() -> None:
    table: list[list[object]] = [
        ["接种信息导出", "", "", "", "", ""],
        ["受种者姓名", "身份证号码", "疫苗名称", "厂家", "第几剂", "接种时间"],
        ["赵玉兰", NUMBER, "新冠疫苗", "科兴", "第三剂", "2026/11/04"],
        ["钱玉兰", "4.10103E+17", "新冠疫苗", "科兴", "3", "2026-11-04"],
        ["孙玉兰", NUMBER, "新冠疫苗", "科兴", 3, "2031-01-01"],
        ["合计", "", "", "", "", ""],
    ]
    reading = read_official(
        sheet_files.text(table).encode("gb18030"), filename="x", as_of=AS_OF, place=PLACE
    )
    first, second, third = reading.rows
    assert (first.given_on, first.manufacturer, first.codes) == (date(2026, 11, 4), "科兴", ())
    assert second.codes == ("id_precision_lost",)
    assert third.codes == ("dose_date_in_future",)
    assert first.number == 3


def test_a_list_without_numbers_or_dates_is_refused() -> None:
    with pytest.raises(UnreadableFile) as caught:
        read_official("姓名\t电话\n赵玉兰\t13900001111\n", filename="x", as_of=AS_OF, place=PLACE)
    assert caught.value.code == "no_dose_columns"


def read(table: list[list[object]], *merges: str) -> list[OfficialRow]:
    data = sheet_files.xlsx(table, merges=merges)
    return list(read_official(data, filename="x.xlsx", as_of=AS_OF, place=PLACE).rows)


def test_a_person_merged_over_several_doses_is_named_in_each() -> None:
    lines = read(
        [
            ["姓名", "身份证号", "剂次", "接种日期"],
            ["赵玉兰", NUMBER, 1, "2021-07-24"],
            ["", "", 2, "2021-08-20"],
        ],
        "A2:A3",
        "B2:B3",
    )
    assert [(one.name, one.id_number, one.number) for one in lines] == [
        ("赵玉兰", NUMBER, 1),
        ("赵玉兰", NUMBER, 2),
    ]


def test_sums_signatures_and_the_header_once_more_are_no_lines() -> None:
    header: list[object] = ["姓名", "身份证号", "剂次", "实种日期"]
    lines = read(
        [
            header,
            ["赵玉兰", NUMBER, 1, "2021-07-24"],
            header,
            ["合计", 32, "", ""],
            ["填报人:张三", "", "", "2022-12-05"],
        ]
    )
    assert [(one.row, one.codes) for one in lines] == [(2, ())]


@pytest.mark.parametrize(
    ("header", "number"), [("加强针接种日期", 3), ("日期", None), ("注射日期", None)]
)
def test_the_day_of_a_dose_stands_under_many_words(header: str, number: int | None) -> None:
    (found,) = read([["受种者", "身份证号", header], ["赵玉兰", NUMBER, "2022-02-01"]])
    assert (found.given_on, found.number, found.codes) == (date(2022, 2, 1), number, ())
