"""Which passwords will do, and that stored ones are slow Argon2id hashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.accounts.passwords import hash_password, is_right, needs_new_hash, weakness


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "password_short"),
        ("x1y2z3" * 60, "password_long"),
        ("wang river stones", "password_about_you"),
        ("aaaaaaaaaaaa", "password_pattern"),
        ("abcabcabcabc", "password_pattern"),
        ("1234567890", "password_pattern"),
        ("qwertyuiop", "password_pattern"),
        ("poiuytrewq", "password_pattern"),
        ("13812345678", "password_number"),
        ("41010319310308001X", "password_number"),
        ("Password2026", "password_known"),
        ("!!Woaini1314", "password_known"),
        ("P@ssw0rd!!!!", "password_known"),
    ],
)
def test_what_is_guessed_first_is_refused_with_the_reason(password: str, fault: str) -> None:
    assert weakness(password, about=("wang", "王主任")) == fault


@pytest.mark.parametrize(
    "password",
    [
        "river stones are warm",
        "春风又绿江南岸明月何时照我还",
        "correct horse battery staple",
        "T7#kd92-mQx1",
    ],
)
def test_a_sentence_or_a_random_word_will_do(password: str) -> None:
    assert weakness(password, about=("wang", "王主任")) == ""


@given(st.text(max_size=40))
def test_judging_a_password_never_fails(password: str) -> None:
    assert isinstance(weakness(password, about=("wang", "")), str)


def test_only_the_right_password_fits_its_hash() -> None:
    stored = hash_password("river stones are warm")
    assert stored.startswith("$argon2id$")
    assert is_right("river stones are warm", stored)
    assert not is_right("river stones are Warm", stored)
    assert not is_right("river stones are warm", None)
    assert not is_right("anything", "no hash at all")
    assert not needs_new_hash(stored)


def test_the_same_words_fit_however_a_keyboard_composes_them() -> None:
    stored = hash_password("ｒｉｖｅｒ stones are warm é")
    assert is_right("river stones are warm e\u0301", stored)
