"""Area trees as people type them or paste them from a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.errors import InvalidInput
from outreach.places.area_text import Path, read_area_text

TREE: list[Path] = [
    ("福华街街道",),
    ("福华街街道", "绵东社区"),
    ("福华街街道", "绵东社区", "第一网格"),
    ("福华街街道", "绵西社区"),
    ("建中街街道",),
]


@pytest.mark.parametrize(
    "text",
    [
        "福华街街道\n  绵东社区\n    第一网格\n  绵西社区\n建中街街道",
        "福华街街道\n\t绵东社区\n\t\t第一网格\n\t绵西社区\n\n建中街街道\n",
        "福华街街道\n　绵东社区\n　　第一网格\n　绵西社区\n建中街街道",
        "福华街街道/绵东社区/第一网格\n福华街街道/绵西社区\n建中街街道",
        "福华街街道 > 绵东社区 > 第一网格\n福华街街道＞绵西社区\n建中街街道",
        "福华街街道\t绵东社区\t第一网格\n\t绵西社区\t\n建中街街道\t\t",
    ],
)
def test_indented_slashed_and_pasted_trees_are_read_alike(text: str) -> None:
    assert read_area_text(text, most_levels=3) == TREE


def test_a_branch_named_twice_stands_once() -> None:
    assert read_area_text("甲/乙\n甲/乙\n甲", most_levels=3) == [("甲",), ("甲", "乙")]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("甲\n\t\t乙", "area_line_deep", 2),
        ("甲/乙/丙/丁", "area_line_levels", 1),
        ("\n \n", "area_text_empty", None),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, code: str, line: int | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_area_text(text, most_levels=3)
    assert caught.value.code == code
    assert caught.value.facts.get("line") == line


@given(st.text(alphabet="甲乙丙 \t\n/　>", max_size=80))
def test_whatever_is_pasted_parents_stand_before_their_children(text: str) -> None:
    try:
        paths = read_area_text(text, most_levels=3)
    except InvalidInput:
        return
    for number, path in enumerate(paths):
        assert len(path) == 1 or path[:-1] in paths[:number]
