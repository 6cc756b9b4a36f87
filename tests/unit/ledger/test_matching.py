"""Who may be the same person twice, and why; twins and namesakes are not taken for one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ledger.matching import Person, Reason, block_keys, compare, find_candidates, fold_name

BORN = date(1935, 9, 18)
HOME = "淮河东路41号院5号楼1单元302"


def someone(name: str, key: int = 2, **facts: object) -> Person:
    return Person(key, name, **facts)  # type: ignore[arg-type]


ZHAO = Person(1, "赵玉兰", born_on=BORN, phones=frozenset({"+8613900001111"}), address=HOME)


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (someone("赵玉兰", born_on=BORN), {Reason.SAME_NAME, Reason.SAME_BIRTH_DATE}),
        (someone("趙玉蘭", born_on=BORN), {Reason.SAME_NAME_OTHER_SCRIPT, Reason.SAME_BIRTH_DATE}),
        (someone("赵玉蓝", born_on=BORN), {Reason.NAME_SOUNDS_ALIKE, Reason.SAME_BIRTH_DATE}),
        (someone("赵玉兰", phones=ZHAO.phones), {Reason.SAME_NAME, Reason.SAME_PHONE}),
        (
            someone("赵玉兰", address="二七区棉东社区淮河东路41号院5栋1单元302室"),
            {Reason.SAME_NAME, Reason.SAME_ADDRESS},
        ),
    ],
)
def test_a_like_name_with_birth_phone_or_address_is_a_candidate(
    other: Person, reasons: set[Reason]
) -> None:
    found = compare(ZHAO, other)
    assert found is not None
    assert set(found.reasons) == reasons
    assert not found.is_certain


@pytest.mark.parametrize(
    "other",
    [
        someone("赵玉兰"),
        someone("赵玉兰", born_on=date(1940, 1, 1)),
        someone("钱大山", born_on=BORN, phones=ZHAO.phones, address=HOME),
        someone("赵建民", born_on=BORN, address=HOME),
    ],
)
def test_a_name_alone_or_a_shared_home_alone_is_none(other: Person) -> None:
    assert compare(ZHAO, other) is None


def test_the_same_number_is_certain() -> None:
    first = someone("赵玉兰", key=1, id_number="410103193509189040")
    found = compare(first, someone("钱玉兰", id_number="410103193509189040"))
    assert found is not None
    assert found.is_certain
    assert found.score == 1.0


def test_namesakes_with_two_numbers_are_two_people() -> None:
    first = someone("赵玉兰", key=1, born_on=BORN, id_number="410103193509189040")
    assert compare(first, someone("赵玉兰", born_on=BORN, id_number="410103193509189121")) is None


def test_likely_twins_are_shown_as_such() -> None:
    first = someone("赵建华", key=1, born_on=BORN, address=HOME)
    found = compare(first, someone("赵建桦", born_on=BORN, address=HOME))
    assert found is not None
    assert Reason.MAYBE_TWINS in found.reasons


def test_a_surname_of_two_readings_matches_by_either() -> None:
    first = someone("单桂英", key=1, born_on=BORN)
    assert compare(first, someone("善桂英", born_on=BORN)) is not None
    assert compare(first, someone("丹桂英", born_on=BORN)) is not None


def test_candidates_come_likeliest_first() -> None:
    pool = [
        ZHAO,
        someone("赵玉蓝", key=3, born_on=BORN),
        someone("赵玉兰", key=4, born_on=BORN, phones=ZHAO.phones),
        someone("孙大山", key=5),
    ]
    assert [c.second for c in find_candidates(ZHAO, pool)] == [4, 3]


def test_names_in_latin_letters_match_in_either_order() -> None:
    first = someone("Mary Smith", key=1, born_on=BORN)
    assert compare(first, someone("SMITH Mary", born_on=BORN)) is not None
    assert compare(first, someone("John Brown", born_on=BORN)) is None


def test_traditional_and_simplified_fold_to_one() -> None:
    assert fold_name("劉 德華") == fold_name("刘德华")


NAMES = st.text(alphabet="赵钱孙单曾玉兰蘭桂英鹰国建", min_size=2, max_size=3)


@given(
    st.builds(
        Person, st.just(1), NAMES, st.none(), st.sampled_from([None, BORN]),
        st.sampled_from([frozenset(), ZHAO.phones]), st.sampled_from(["", HOME]),
    ),
    st.builds(
        Person, st.just(2), NAMES, st.none(), st.sampled_from([None, BORN]),
        st.sampled_from([frozenset(), ZHAO.phones]), st.sampled_from(["", "二七区" + HOME]),
    ),
)  # fmt: skip
def test_any_two_candidates_share_a_key_and_agree_in_both_directions(a: Person, b: Person) -> None:
    found, back = compare(a, b), compare(b, a)
    assert (found is None) == (back is None)
    if found is not None and back is not None:
        assert found.score == back.score
        assert block_keys(a) & block_keys(b)
