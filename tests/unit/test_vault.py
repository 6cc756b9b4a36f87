"""Sealed values open only at their place, with their keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.vault import KeysMissing, SealBroken, load_vault, new_vault, save_vault

VAULT = new_vault()


@given(st.text())
def test_what_was_sealed_opens_at_its_place(plain: str) -> None:
    sealed = VAULT.seal(plain, table="phone", column="number", row="r1")
    assert VAULT.open(sealed, table="phone", column="number", row="r1") == plain


@pytest.mark.parametrize(
    "place",
    [
        {"table": "phone", "column": "number", "row": "r2"},
        {"table": "phone", "column": "other", "row": "r1"},
        {"table": "resident", "column": "number", "row": "r1"},
    ],
)
def test_a_sealed_value_moved_elsewhere_does_not_open(place: dict[str, str]) -> None:
    sealed = VAULT.seal("+8613900000001", table="phone", column="number", row="r1")
    with pytest.raises(SealBroken):
        VAULT.open(sealed, **place)


def test_other_keys_open_nothing() -> None:
    sealed = VAULT.seal("x", table="t", column="c", row="r")
    with pytest.raises(SealBroken):
        new_vault().open(sealed, table="t", column="c", row="r")


def test_equal_values_have_equal_indexes_only_for_the_same_purpose() -> None:
    assert VAULT.index("1", purpose="phone") == VAULT.index("1", purpose="phone")
    assert VAULT.index("1", purpose="phone") != VAULT.index("1", purpose="id")
    assert VAULT.index("1", purpose="phone") != VAULT.index("2", purpose="phone")


def test_keys_are_kept_for_the_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    save_vault(VAULT, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_vault(path) == VAULT
    with pytest.raises(FileExistsError):
        save_vault(new_vault(), path)


def test_a_missing_or_broken_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        load_vault(tmp_path / "keys.json")
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(KeysMissing):
        load_vault(tmp_path / "broken.json")
