"""What somebody can be found by, whatever somebody else types."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.ledger.search_terms import name_terms, place_terms, terms_of, wanted

NAMES = st.text(alphabet="单曾赵桂兰秀英欧阳修文䶮", min_size=1, max_size=5)


def fits(name: str, address: str, typed: str) -> bool:
    terms = terms_of(name, address)
    words = wanted(typed)
    return bool(words) and all(
        any(term.startswith(begin) for term in terms for begin in word.begins) for word in words
    )


@settings(deadline=None)  # the first name loads the dictionary of readings
@given(NAMES, st.integers(1, 5))
def test_every_beginning_of_a_name_finds_it(name: str, length: int) -> None:
    assert fits(name, "", name[:length])


@pytest.mark.parametrize(
    "typed",
    ["单桂兰", "桂兰", "單桂蘭", "shan", "dangui", "SGL", "guilan", "棉纺东路12号院", "10号楼 单"],
)
def test_she_is_found_by_what_people_type(typed: str) -> None:
    assert fits("单桂兰", "郑州市二七区棉纺东路12号院10号楼3单元304室", typed)


@pytest.mark.parametrize("typed", ["桂英", "zgl", "兴华", "13号院", "%", "_", "单 兴华"])
def test_she_is_not_found_by_what_is_not_hers(typed: str) -> None:
    assert not fits("单桂兰", "棉纺东路12号院10号楼3单元304", typed)


@pytest.mark.parametrize("written", ["8幢1单元", "8栋1单元", "8号楼1单元"])
def test_the_many_words_for_a_building_are_one(written: str) -> None:
    assert fits("赵", f"淮河路41号院{written}501", "8号楼")


def test_a_compound_keeps_its_name() -> None:
    assert "a:阳光小区3号楼2单元" in place_terms("二七区阳光小区3号楼2单元")


def test_an_english_name_is_found_by_each_word() -> None:
    assert {"p:john", "p:smith", "p:johnsmith", "i:js"} <= name_terms("John Smith")
    assert fits("John Smith", "12 High Street, Oldtown", "high smith")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_nothing_typed_breaks_the_search(typed: str) -> None:
    for word in wanted(typed):
        assert word.begins or word.digits
