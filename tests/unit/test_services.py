"""Which addresses are told to families: only those that open from any network."""

from __future__ import annotations

import pytest

from outreach.services import is_public


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://care.example.org", True),
        ("https://care.example.org:8443", True),
        ("https://8.8.8.8", True),
        ("", False),
        ("https://care.lan", False),
        ("https://care", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1:8080", False),
        ("http://192.168.1.20", False),
        ("http://[fd00::1]:8080", False),
        ("https://clinic.home.arpa", False),
    ],
)
def test_an_address_of_one_network_is_told_to_no_family(address: str, *, expected: bool) -> None:
    assert is_public(address) is expected
