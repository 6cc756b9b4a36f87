"""How hard the play is: a small form in the suite, the whole by ``make chaos``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.provider import Provider, own_process


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch between the small form and the whole."""
    parser.addoption(
        "--full-chaos", action="store_true", help="10 000 messages, 200 kills, every combination"
    )


@pytest.fixture
def is_full(request: pytest.FixtureRequest) -> bool:
    """Whether the whole play was asked for."""
    return bool(request.config.getoption("--full-chaos", default=False))


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    """A provider in a process of its own, with a log of its own."""
    with own_process(tmp_path / "accepted.jsonl") as running:
        yield running
