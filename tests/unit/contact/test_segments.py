"""How many parts a text takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.segments import measure


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("中" * 134, 2),
        ("中" * 135, 3),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("", 1),
        ("【棉东社区】" + "中" * 65, 2),
    ],
)
def test_fault_50_parts_count_the_signature(text: str, segments: int) -> None:
    assert measure(text).segments == segments


def test_an_emoji_is_two_units_and_is_not_cut() -> None:
    assert measure("😀" * 35).segments == 1
    assert measure("😀" * 36).units == 72
    assert measure("😀" * 67).segments == 3  # 33 whole ones fit a joined part of 67 units


@given(st.text(max_size=400), st.text(max_size=50))
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    if measure(text).is_unicode == measure(text + more).is_unicode:
        assert measure(text + more).segments >= measure(text).segments


@given(st.text(max_size=300))
def test_parts_hold_the_text(text: str) -> None:
    length = measure(text)
    room = 67 if length.is_unicode else 153
    single = 70 if length.is_unicode else 160
    assert length.units <= (single if length.segments == 1 else room * length.segments)
