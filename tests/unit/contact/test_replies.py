"""What replies surely mean, and which are left to a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contact.codes import Meaning, Step
from outreach.contact.replies import chosen, fold, read_key, read_reply


@pytest.mark.parametrize(
    "text",
    [
        "退订",
        "TD",
        "td",
        "T",
        "t",
        "Ｔ",
        "ＴＤ",
        "退订。",
        " 退 订 ",
        "“退订”",
        "STOP",
        "stop.",
        "Stop!",
    ],
)
def test_fault_30_these_opt_out_at_once(text: str) -> None:
    assert read_reply(text) is Meaning.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "不要再发了",
        "T恤",
        "我不退订",
        "听不懂",
        "谢谢",
        "你是谁",
        "",
        "退订吗？是什么",
        "TV",
        "不退订",
    ],
)
def test_fault_30_and_31_these_go_to_a_person(text: str) -> None:
    assert read_reply(text) is Meaning.UNCLEAR
    assert read_reply(text, answers=Step.BOOKED) is Meaning.UNCLEAR


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", Meaning.CONFIRM),
        ("１", Meaning.CONFIRM),
        (" 1 。", Meaning.CONFIRM),
        ("2", Meaning.RESCHEDULE),
        ("3", Meaning.DECLINE),
        ("确认", Meaning.CONFIRM),
        ("好的，谢谢", Meaning.CONFIRM),
        ("去不了了", Meaning.DECLINE),
        ("改期", Meaning.RESCHEDULE),
        ("已经打过了", Meaning.ALREADY_VACCINATED),
        ("Yes", Meaning.CONFIRM),
        ("no", Meaning.DECLINE),
    ],
)
def test_an_answer_to_a_booking_text(text: str, meaning: Meaning) -> None:
    assert read_reply(text, answers=Step.T_MINUS_3) is meaning


def test_a_digit_means_nothing_when_nothing_was_asked() -> None:
    assert read_reply("1") is Meaning.UNCLEAR
    assert read_reply("1", answers=Step.ON_THE_WAY_HOME) is Meaning.UNCLEAR


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", Meaning.CONFIRM),
        ("2", Meaning.FEEL_BAD),
        ("有点发烧", Meaning.FEEL_BAD),
        ("头晕，没力气", Meaning.FEEL_BAD),
        ("胳膊很疼", Meaning.FEEL_BAD),
        ("挺好的，谢谢你们", Meaning.UNCLEAR),
        ("T", Meaning.OPT_OUT),
    ],
)
def test_moment_3g_the_day_after(text: str, meaning: Meaning) -> None:
    assert read_reply(text, answers=Step.T_PLUS_1) is meaning


def test_a_choice_names_one_or_all() -> None:
    assert chosen("1", choices=2) == (0,)
    assert chosen("2。", choices=2) == (1,)
    assert chosen("3", choices=2) == (0, 1)
    assert chosen("两个都", choices=2) == (0, 1)
    assert chosen("4", choices=2) is None
    assert chosen("老李", choices=2) is None
    assert read_reply("2", answers=Step.CHOICE, choices=2) is Meaning.CHOICE


def test_keys_of_a_call() -> None:
    assert [read_key(k) for k in ("1", "2", "9", "5", "")] == [
        Meaning.CONFIRM,
        Meaning.RESCHEDULE,
        Meaning.OPT_OUT,
        Meaning.UNCLEAR,
        Meaning.UNCLEAR,
    ]


@given(st.text(max_size=60))
def test_any_text_is_read_without_failing_and_in_any_width(text: str) -> None:
    meaning = read_reply(text)
    assert read_reply(f"  {text}　") is meaning
    assert fold(fold(text)) == fold(text) or meaning is Meaning.UNCLEAR


@given(st.text(alphabet="退订我不了吗TDt恤 ", min_size=3, max_size=12))
def test_only_whole_words_opt_out(text: str) -> None:
    if read_reply(text) is Meaning.OPT_OUT:
        assert fold(text) in {"退订", "td", "t"}
