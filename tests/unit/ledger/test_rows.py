"""One row to its outcome: numbers, ages on the day, names of every kind, repeats within a file."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.identity import check_digit
from outreach.ledger.outcome import RowOutcome, pack, unpack
from tests.unit.ledger.people import AS_OF, id_number, one, outcomes, person, said, table


def rows(*people: object, **options: object) -> list[RowOutcome]:
    found = outcomes(table(*people), **options)  # type: ignore[arg-type]
    return [r for r in found if isinstance(r, RowOutcome)]


@pytest.mark.parametrize(
    ("born_on", "as_of", "eligible_on"),
    [
        (date(1946, 12, 1), date(2026, 12, 1), None),
        (date(1946, 12, 2), date(2026, 12, 1), date(2026, 12, 2)),
        (date(1948, 2, 29), date(2028, 2, 28), date(2028, 2, 29)),
        (date(1948, 2, 29), date(2028, 2, 29), None),
    ],
)
def test_fault_37_somebody_is_eighty_exactly_on_the_day(
    born_on: date, as_of: date, eligible_on: date | None
) -> None:
    outcome = one(person(id_number=id_number(born_on)), as_of=as_of)
    assert said(outcome) == "imported"
    assert outcome.values.eligible_on == eligible_on


def test_fault_37_born_on_29_february_one_turns_75_on_1_march_of_a_common_year() -> None:
    from outreach.kernel.place import PlaceRules

    place = PlaceRules(minimum_age=75)
    outcome = one(
        person(id_number=id_number(date(1952, 2, 29))), as_of=date(2027, 2, 28), place=place
    )
    assert outcome.values.eligible_on == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"id_number": "4.10103E+17"}, "error:birth_unknown"),
        ({"id_number": "4.10103E+17", "birth_date": "1935-06-01"}, "warning:id_precision_lost"),
        ({"id_number": 4.10103193506019e17}, "warning:id_precision_lost"),
        ({"id_number": "410103350601914"}, "imported"),
        ({"id_number": "41010319350601914"}, "error:id_length"),
        ({"id_number": id_number(date(1935, 6, 1))[:-1] + "*"}, "error:id_checksum"),
        ({"id_number": "", "birth_date": "1935-06-01"}, "warning:id_missing"),
        ({"id_number": ""}, "error:birth_unknown"),
        ({"id_number": "", "birth_date": "农历五月初四"}, "error:birth_unknown"),
        ({"id_number": "", "birth_date": "2030-01-01"}, "error:birth_in_future"),
        ({"id_number": id_number(date(2027, 1, 1))}, "error:birth_in_future"),
        ({"id_number": "H1234567", "birth_date": "1935-06-01"}, "warning:id_other_document"),
        ({"id_number": "H1234567"}, "error:id_length"),
        ({"sex": "男"}, "warning:sex_differs_from_id"),
        ({"birth_date": "1935-06-01"}, "imported"),
        ({"birth_date": "1935-05-01"}, "warning:birth_differs_from_id"),
        ({"birth_date": "农历五月初四"}, "imported"),
        ({"id_number": id_number(date(1935, 6, 1), region="990103")}, "warning:id_region_unknown"),
        (
            {"id_number": id_number(date(2019, 6, 1)), "dose_1": "", "dose_2": ""},
            "warning:age_unlikely",
        ),
    ],
)
def test_fault_43_numbers_are_normalised_or_refused_as_documented(
    cells: dict[str, object], wanted: str
) -> None:
    assert said(one(person(**cells))) == wanted


def test_fault_43_a_birth_that_never_was_is_refused() -> None:
    first = "41010319000230914"
    outcome = one(person(id_number=first + check_digit(first)))
    assert said(outcome) == "error:birth_unknown+id_birth_date"


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"phone": "1390000812"}, "warning:phone_invalid"),
        ({"phone": "1390000812", "family_phone": "13900002222"}, "warning:phone_invalid"),
        ({"phone": ""}, "warning:no_phone"),
        ({"phone": "无"}, "warning:no_phone"),
        ({"phone": "", "family_phone": "13900002222"}, "imported"),
        ({"dose_1": "已接种", "dose_2": ""}, "warning:dose_date_unclear"),
        ({"dose_1": "2031-02-03", "dose_2": ""}, "warning:dose_date_in_future"),
        ({"dose_2": "2021-07-24"}, "warning:dose_repeated"),
        ({"name": ""}, "error:name_missing"),
    ],
)
def test_warnings_and_errors_are_those_of_the_table(cells: dict[str, object], wanted: str) -> None:
    assert said(one(person(**cells))) == wanted


@pytest.mark.parametrize(
    "name",
    ['=HYPERLINK("http://x","y")', "@SUM(A1)", "-1+cmd|'/C calc'!A0", "+8613900001111",
     "<script>alert(1)</script>",
     "{{7*7}}", "' OR 1=1--", "%s%n", "李🙂", "赵\u202e兰玉"],
)  # fmt: skip
def test_fault_47_and_48_strange_names_are_kept_as_text_and_pointed_at(name: str) -> None:
    outcome = one(person(name=name))
    assert said(outcome) == "warning:name_odd_characters"
    assert outcome.values.name == name
    assert name in outcome.cells


def test_fault_47_a_leading_tab_goes_and_a_plus_number_survives() -> None:
    outcome = one(person(name="\t赵玉兰", phone="+8613900001111"))
    assert said(outcome) == "imported"
    assert (outcome.values.name, outcome.values.phones[0].e164) == ("赵玉兰", "+8613900001111")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("赵" * 3400, "error:name_too_long"),
        ("赵\x00兰", "error:name_unreadable"),
        ("赵\ufffd兰", "error:name_unreadable"),
    ],
)
def test_fault_48_names_that_cannot_be_kept_are_refused(name: str, wanted: str) -> None:
    assert said(one(person(name=name))) == wanted


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" 欧阳 修文 ", "欧阳修文"),
        ("赵\u3000玉\u00a0兰", "赵玉兰"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("Mary   Ann  O'Neil-Smith", "Mary Ann O'Neil-Smith"),
        ("钱䶮", "钱䶮"),
        ("𠮷玉兰", "𠮷玉兰"),
        ("赵玉兰(大)", "赵玉兰(大)"),
    ],
)
def test_spaces_in_names_go_and_everything_else_stays(written: str, kept: str) -> None:
    outcome = one(person(name=written))
    assert (said(outcome), outcome.values.name) == ("imported", kept)


def test_a_repeat_by_number_or_by_name_and_birth_is_linked() -> None:
    found = rows(
        person(),
        person(phone="13900007777"),
        person(id_number="", birth_date="1935-06-01"),
        person(id_number=id_number(date(1935, 6, 1), 916), name="钱玉兰"),
        person(name="孙玉兰"),
    )
    assert [said(r) for r in found] == [
        "imported",
        "duplicate:same_id",
        "duplicate:same_name_and_birth",
        "imported",
        "duplicate:same_id+name_differs",
    ]
    assert [r.repeats_row for r in found] == [None, 2, 2, None, 2]


def test_namesakes_born_on_one_day_with_numbers_of_their_own_are_two_people() -> None:
    found = rows(person(), person(id_number=id_number(date(1935, 6, 1), 916)))
    assert [said(r) for r in found] == ["imported", "imported"]


def test_a_rounded_number_repeats_only_the_number_it_can_be() -> None:
    other = id_number(date(1935, 6, 1), 124)
    found = rows(person(), person(id_number=float(other)), person(id_number=4.10103193506019e17))
    assert [said(r) for r in found] == [
        "imported", "warning:id_precision_lost", "duplicate:same_name_and_birth",
    ]  # fmt: skip


def test_a_row_that_is_refused_hides_no_later_row() -> None:
    bad = id_number(date(1935, 6, 1))[:-1] + "*"
    found = rows(person(id_number=bad), person())
    assert [said(r) for r in found] == ["error:id_checksum", "imported"]


def test_a_death_beside_a_repeat_is_not_lost() -> None:
    found = rows(person(), person(remark="已故"))
    assert said(found[1]) == "duplicate:same_id+possibly_deceased"
    assert found[1].values.hold == "all"


def test_a_number_with_its_owner_beside_it_belongs_to_that_owner() -> None:
    outcome = one(person(phone="13900001111/女儿13900002222"))
    assert [(p.owner, p.label) for p in outcome.values.phones] == [("own", ""), ("family", "女儿")]


@given(st.lists(st.sampled_from([1, 2, 3, 4, 5]), max_size=30))
def test_however_often_people_are_repeated_each_enters_once(order: list[int]) -> None:
    people = [
        person(name=f"赵{'甲乙丙丁戊'[i - 1]}", id_number=id_number(date(1930 + i, 6, 1)))
        for i in order
    ]
    found = rows(*people)
    entered = [r.values.id_number for r in found if r.is_in_ledger]
    assert len(entered) == len(set(entered)) == len(set(order))
    assert len(found) == len(order)


def test_what_is_packed_for_the_other_process_comes_out_equal() -> None:
    written = person(remark="轮椅", phone="13900001111/68801234转802", dose_1="2021-07-24 科兴")
    outcome = one(written, as_of=AS_OF)
    packed = pack(outcome)
    assert unpack(packed) == outcome
