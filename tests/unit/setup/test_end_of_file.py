"""The commit hook mends only what nobody sees."""

from __future__ import annotations

import end_of_file
import pytest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\n", b"a\n"),
        (b"a", b"a\n"),
        (b"a  \nb\t\r\n\n\n", b"a\nb\n"),
        (b"\n\n", b""),
        (b"", b""),
    ],
)
def test_a_text_ends_in_one_newline_and_no_line_in_blanks(before: bytes, after: bytes) -> None:
    assert end_of_file.mended(before) == after
    assert end_of_file.mended(after) == after
