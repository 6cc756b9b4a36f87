"""Identity numbers as people type them: normalised where nothing is lost, never mended."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.identity import IdProblem, check_digit, mask_id, read_id

BIRTHS = st.dates(date(1900, 1, 1), date(2026, 1, 1))


def number(born_on: date, sequence: int = 914) -> str:
    first = f"410103{born_on:%Y%m%d}{sequence:03d}"
    return first + check_digit(first)


@pytest.mark.parametrize("known", ["11010519491231002X", "440524188001010014"])
def test_published_numbers_pass(known: str) -> None:
    reading = read_id(known)
    assert reading is not None
    assert reading.number == known


@given(BIRTHS, st.integers(1, 999))
def test_a_right_number_is_read_whole_with_its_birth_date_and_sex(born_on: date, seq: int) -> None:
    text = number(born_on, seq)
    reading = read_id(text)
    assert reading is not None
    assert (reading.number, reading.born_on, reading.problem) == (text, born_on, None)
    assert reading.sex == ("male" if seq % 2 else "female")


@given(BIRTHS, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(born_on: date, at: int, shift: int) -> None:
    text = number(born_on, 913)
    digit = "X" if text[at] == "X" else text[at]
    other = str((int(digit) + shift) % 10) if digit != "X" else str(shift)
    reading = read_id(text[:at] + other + text[at + 1 :])
    assert reading is not None
    assert reading.number is None


@pytest.mark.parametrize(
    "written",
    [
        "41010319351103948x",
        "４１０１０３１９３５１１０３９４８Ｘ",
        " 410103 19351103 948X ",
        "\t41010319351103948X",
        "'41010319351103948X",
        '="41010319351103948X"',
        "410103\u300019351103948Ｘ",
    ],
)
def test_width_case_spaces_and_text_marks_are_normalised(written: str) -> None:
    reading = read_id(written)
    assert reading is not None
    assert reading.number == "41010319351103948X"


def test_a_fifteen_digit_number_is_lengthened_and_the_original_kept() -> None:
    for cell in ("410103430101949", 410103430101949.0):
        reading = read_id(cell)
        assert reading is not None
        assert (reading.number, reading.original) == ("410103194301019493", "410103430101949")
        assert reading.born_on == date(1943, 1, 1)


@pytest.mark.parametrize(
    ("cell", "born_on"),
    [
        (4.10103194402039e17, date(1944, 2, 3)),
        ("4.10103194402039E+17", date(1944, 2, 3)),
        ("410103194402039000", date(1944, 2, 3)),
        ("4.10103E+17", None),
        ("4.10103e+017", None),
        ("4.1E+17", None),
    ],
)
def test_a_rounded_number_is_recognised_and_never_repaired(
    cell: object, born_on: date | None
) -> None:
    reading = read_id(cell)
    assert reading is not None
    assert (reading.number, reading.problem) == (None, IdProblem.PRECISION_LOST)
    assert reading.born_on == born_on


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("4101031930121796", IdProblem.LENGTH),
        ("410103194102229531", IdProblem.CHECKSUM),
        ("41010319410222953＊", IdProblem.CHECKSUM),
        ("H12345678", IdProblem.OTHER_PAPER),
        ("看户口本", IdProblem.LENGTH),
        (12345.0, IdProblem.LENGTH),
        (True, IdProblem.LENGTH),
        (date(1935, 1, 1), IdProblem.LENGTH),
    ],
)
def test_what_is_no_number_says_why(cell: object, problem: IdProblem) -> None:
    reading = read_id(cell)
    assert reading is not None
    assert (reading.number, reading.problem) == (None, problem)


def test_fault_43_a_day_that_never_was_is_refused_although_the_check_digit_fits() -> None:
    first = "41010319000230123"
    reading = read_id(first + check_digit(first))
    assert reading is not None
    assert (reading.number, reading.problem) == (None, IdProblem.BIRTH_DATE)


@pytest.mark.parametrize(
    "cell",
    ["", "  ", "无", "/", "不详", None, 0.0, "N/A",
     "——", "—", "未提供", "忘记", "暂缺", "身份证丢失", "无（未办）"],
)  # fmt: skip
def test_nothing_written_is_not_a_wrong_number(cell: object) -> None:
    assert read_id(cell) is None


def test_an_unknown_region_is_only_a_soft_word() -> None:
    first = "99010319350601914"
    reading = read_id(first + check_digit(first))
    assert reading is not None
    assert reading.number is not None
    assert not reading.is_region_known


def test_a_mask_hides_birth_and_place() -> None:
    assert mask_id("410103194301019493") == "41************9493"
    assert mask_id("H123") == "****"
