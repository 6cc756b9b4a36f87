"""Phone cells as people write them: several numbers, words beside them, area codes, extensions."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.kernel.phone import PhoneKind, mask_phone, read_phones


def numbers(cell: object, *, country: str = "CN", area_code: str = "0371") -> list[str]:
    return [p.e164 for p in read_phones(cell, country=country, area_code=area_code).phones]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("13900008124", ["+8613900008124"]),
        (13900008124.0, ["+8613900008124"]),
        ("139 0000-8123", ["+8613900008123"]),
        ("１３９００００８１２３", ["+8613900008123"]),
        ("+86 139 0000 8123", ["+8613900008123"]),
        ("0086-13900008123", ["+8613900008123"]),
        ("13900008124/0371-68801234", ["+8613900008124", "+8637168801234"]),
        ("13900008124、13900008125", ["+8613900008124", "+8613900008125"]),
        ("13900008124 13900008125", ["+8613900008124", "+8613900008125"]),
        ("13900008124\n13900008125", ["+8613900008124", "+8613900008125"]),
        ("13900008124和13900008126", ["+8613900008124", "+8613900008126"]),
        ("68805678", ["+8637168805678"]),
        ("6880 5678", ["+8637168805678"]),
        ("(0371)68805678", ["+8637168805678"]),
        ("0371/68805678", ["+8637168805678"]),
        ("0371—68805678", ["+8637168805678"]),
        ("010-62345678", ["+861062345678"]),
        ('="13900008124"', ["+8613900008124"]),
        ("13900008124，13900008124", ["+8613900008124"]),
    ],
)
def test_every_number_of_a_cell_is_read(cell: object, wanted: list[str]) -> None:
    assert numbers(cell) == wanted
    assert read_phones(cell, country="CN", area_code="0371").invalid == ()


@pytest.mark.parametrize(
    "cell", ["1390000812", "1390000812413900008125", "1.39E+10", "12345", "13900008124/8125"]
)
def test_what_is_written_but_no_number_is_named(cell: str) -> None:
    reading = read_phones(cell, country="CN", area_code="0371")
    assert reading.invalid
    assert reading.is_written


@pytest.mark.parametrize("cell", ["", "无", "/", "没有电话", None, True])
def test_a_cell_without_digits_holds_no_number(cell: object) -> None:
    assert not read_phones(cell, country="CN", area_code="0371").is_written


def test_words_beside_a_number_are_its_label_and_an_extension_is_kept() -> None:
    reading = read_phones("儿子13900008124，68801234转802", country="CN", area_code="0371")
    first, second = reading.phones
    assert (first.label, first.kind) == ("儿子", PhoneKind.MOBILE)
    assert (second.extension, second.kind) == ("802", PhoneKind.LANDLINE)
    (third,) = read_phones("0371-68801234-805", country="CN", area_code="0371").phones
    assert third.extension == "805"


def test_a_house_number_beside_a_phone_is_no_phone() -> None:
    reading = read_phones("13900008124 2单元302", country="CN", area_code="0371")
    assert (len(reading.phones), reading.invalid) == (1, ())


def test_another_country_uses_its_own_rules() -> None:
    assert numbers("07400 123456", country="GB", area_code="") == ["+447400123456"]
    assert numbers("234 5678", country="US", area_code="212") == ["+12122345678"]


def is_mobile_to_the_library(digits: str) -> bool:
    try:
        parsed = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        return False
    kind = phonenumbers.number_type(parsed)
    return phonenumbers.is_valid_number(parsed) and kind == phonenumbers.PhoneNumberType.MOBILE


@given(st.from_regex(r"1[0-9]{9,11}", fullmatch=True))
@example("1100000200")  # looks like a carrier's prefix for calls abroad: no number at all
def test_the_quick_path_says_what_the_library_says(digits: str) -> None:
    is_mobile = is_mobile_to_the_library(digits)
    reading = read_phones(digits, country="CN", area_code="0371")
    assert is_mobile == any(p.kind is PhoneKind.MOBILE for p in reading.phones)


def test_a_mask_leaves_the_ends() -> None:
    assert mask_phone("+8613900008124") == "139****8124"
    assert mask_phone("+8637168801234") == "371****1234"
