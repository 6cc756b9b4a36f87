"""Dates and doses as typed: read where one reading is possible, else left for a person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ledger.cells import DateProblem, cell_text, read_birth, read_dose_cell, read_sex
from tests.unit.ledger.people import AS_OF


@pytest.mark.parametrize(
    "written",
    [
        "1938/5/4", "1938-05-04", "1938.5.4", "1938年5月4日", "1938年05月04", "19380504", "38.5.4",
        "38年5月4日", "1938-05-04 00:00:00", "一九三八年五月四日", "生于1938年5月4日", "4 May 1938",
        "May 4, 1938", 19380504.0, 14004.0, date(1938, 5, 4), " 1938/5/4 ", "'1938/5/4",
    ],
)  # fmt: skip
def test_fault_44_a_birth_date_is_read_as_people_type_it(written: object) -> None:
    reading = read_birth(written, as_of=AS_OF, date_order="ymd")  # type: ignore[arg-type]
    assert reading.on == date(1938, 5, 4)


@pytest.mark.parametrize(
    "written",
    ["农历五月初四", "1938", "1938年", "1938-05", 1938.0, 1938.5, "05.3.2", "民国27年",
     "大约1938年", "1900-02-30",
     "1806-01-01", "1938-05-04至1940-01-01", True],
)  # fmt: skip
def test_fault_44_what_would_be_a_guess_is_not_read(written: object) -> None:
    reading = read_birth(written, as_of=AS_OF, date_order="ymd")  # type: ignore[arg-type]
    assert (reading.on, reading.problem) == (None, DateProblem.UNCLEAR)


def test_fault_44_a_birth_in_the_future_is_refused() -> None:
    reading = read_birth("2030-01-01", as_of=AS_OF, date_order="ymd")
    assert (reading.on, reading.problem) == (None, DateProblem.FUTURE)


def test_fault_44_a_serial_number_counts_from_the_day_of_its_workbook() -> None:
    for is_1904, day in ((False, date(2023, 1, 1)), (True, date(2027, 1, 2))):
        reading = read_birth(44927, as_of=date(2030, 1, 1), date_order="ymd", is_1904=is_1904)
        assert reading.on == day
    unknown = read_birth(44927, as_of=date(2030, 1, 1), date_order="ymd", is_1904=None)
    assert unknown.problem is DateProblem.UNCLEAR


def test_moment_2h_an_order_that_can_be_read_two_ways_is_asked() -> None:
    assert read_birth("4/5/1938", as_of=AS_OF, date_order=None).problem is DateProblem.ORDER
    assert read_birth("4/5/1938", as_of=AS_OF, date_order="dmy").on == date(1938, 5, 4)
    assert read_birth("4/5/1938", as_of=AS_OF, date_order="mdy").on == date(1938, 4, 5)
    assert read_birth("24/5/1938", as_of=AS_OF, date_order=None).on == date(1938, 5, 24)
    assert read_birth("05/04/38", as_of=AS_OF, date_order="dmy").on == date(1938, 4, 5)


@given(st.dates(date(1930, 1, 1), date(1946, 12, 31)), st.sampled_from("-/."))
def test_any_birth_date_survives_every_way_of_writing_it(day: date, mark: str) -> None:
    for text in (
        f"{day.year}{mark}{day.month}{mark}{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%y}{mark}{day.month}{mark}{day.day}",
    ):
        assert read_birth(text, as_of=AS_OF, date_order="ymd").on == day


@pytest.mark.parametrize(
    ("written", "product"),
    [
        ("2021-07-05", ""), ("2021/7/5 科兴", "科兴"), ("北京生物2021.7.5", "北京生物"),
        ("2021-07-05(科兴中维)", "科兴中维"), ("20210705", ""), (44382.0, ""), ("44382", ""), ("21.7.5", ""),
        ("2021年7月5日接种", ""), ("第一针:2021.7.5", ""), ("2021-07-05 09:30", ""), ("5-Jul-21", ""),
    ],
)  # fmt: skip
def test_a_dose_cell_gives_its_date_and_product(written: object, product: str) -> None:
    reading = read_dose_cell(written, as_of=AS_OF, date_order="ymd")  # type: ignore[arg-type]
    assert reading.problem is None
    assert [(d.given_on, d.product) for d in reading.doses] == [(date(2021, 7, 5), product)]


@pytest.mark.parametrize(
    "written",
    [
        "",
        "/",
        "-",
        "——",
        "无",
        "未接种",
        "未打",
        "没打过",
        "本人拒绝",
        "家属不同意",
        "因病未接种",
        "身体原因未接种",
        "0针",
        "拒绝",
        "不愿意接种",
        "×",
        "0",
        "否",
        "no",
        None,
        "N/A",
        "未种",
    ],
)
def test_the_words_for_no_dose_are_no_problem(written: str | None) -> None:
    reading = read_dose_cell(written, as_of=AS_OF, date_order="ymd")
    assert (reading.doses, reading.problem) == ((), None)


@pytest.mark.parametrize(
    "written",
    ["2021年7月5日左右", "大概2021年7月5日", "2021-7-5前后",
     "已接种", "是", "√", "7月5日", "2021年7月", "2021", "不详", "记不清", "预约2026-11-05",
     "2021-02-30", "禁忌",
     "2021.7.5、2021.8.20", 2021.7, True, "1921-05-05", "农历五月初四", "2021-07-05未接种"],
)  # fmt: skip
def test_a_dose_that_cannot_be_dated_without_guessing_waits_for_a_person(written: object) -> None:
    reading = read_dose_cell(written, as_of=AS_OF, date_order="ymd")  # type: ignore[arg-type]
    assert (reading.doses, reading.problem) == ((), DateProblem.UNCLEAR)
    assert reading.leftover


def test_a_date_to_come_is_no_dose() -> None:
    for written in ("2031-02-03", date(2031, 2, 3), "2026-12-02"):
        assert read_dose_cell(written, as_of=AS_OF, date_order="ymd").problem is DateProblem.FUTURE
    assert read_dose_cell("2026-12-01", as_of=AS_OF, date_order="ymd").doses


def test_one_cell_may_tell_the_whole_history_and_a_batch_is_no_date() -> None:
    reading = read_dose_cell(
        "第一针2021.7.5 第二针2021.8.20", as_of=AS_OF, date_order="ymd", several=True
    )
    assert [d.given_on for d in reading.doses] == [date(2021, 7, 5), date(2021, 8, 20)]
    (dose,) = read_dose_cell("2021-07-05 批号:20210601A", as_of=AS_OF, date_order="ymd").doses
    assert dose.batch == "20210601A"


def test_cells_show_as_their_reader_saw_them() -> None:
    assert [cell_text(c) for c in (1.0, 2.5, "x", None, True, date(2021, 7, 5), 4.10103194402039e17)] == [
        "1", "2.5", "x", "", "TRUE", "2021-07-05", "4.10103194402039E+17",
    ]  # fmt: skip


def test_sex_is_read_from_plain_words_only() -> None:
    assert [read_sex(c) for c in ("男", "女", "Male", " f ", "男女", 1.0, "")] == [
        "male", "female", "male", "female", None, None, None,
    ]  # fmt: skip
