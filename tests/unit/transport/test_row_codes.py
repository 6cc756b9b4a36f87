"""Codes of rows on paper: found again however typed, and a slip of the pen finds nothing."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from outreach.transport.row_codes import LETTERS, Row, RowKind, find_row, row_code

ROWS = st.builds(Row, st.sampled_from(RowKind), st.integers(1, 5_000_000))


@given(ROWS)
def test_a_code_is_short_and_finds_its_row_however_it_is_typed(row: Row) -> None:
    code = row_code(*row)
    assert len(code) <= 7
    assert find_row(code) == find_row(f" {code.lower().replace('-', ' ')} ") == row


@given(ROWS, st.data())
def test_one_wrong_letter_finds_nothing(row: Row, data: st.DataObject) -> None:
    letters = list(row_code(*row).replace("-", ""))
    place = data.draw(st.integers(0, len(letters) - 1))
    other = data.draw(st.sampled_from(LETTERS))
    # The check counts modulo 31, so that the first and the last of 32 letters are one to it.
    assume((LETTERS.index(other) - LETTERS.index(letters[place])) % 31 != 0)
    letters[place] = other
    assert find_row("".join(letters)) is None


@given(st.text(max_size=12))
def test_anything_else_is_no_row_and_no_error(text: str) -> None:
    found = find_row(text)
    assert found is None or found.id > 0
