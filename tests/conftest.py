"""What every test shares: no setting of this machine, no network, both databases, one browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SETTINGS = {"DATABASE_URL", "PUBLIC_URL", "HOST", "PORT"}
PREFIXES = ("OUTREACH_", "TWILIO_")
KEPT = {
    "OUTREACH_SHARED",
    "OUTREACH_ROUTING_CASES",
}  # where published cases lie; how long to try the engine

# Before anything of the product is imported: a developer's own settings must not reach a test.
for name in list(os.environ):
    if (name in SETTINGS or name.startswith(PREFIXES)) and name not in KEPT:
        del os.environ[name]
os.environ.setdefault("NUMBA_CACHE_DIR", str(PROJECT / "instance" / "kernels"))

pytest_plugins = [
    "tests.fixtures.browser",
    "tests.fixtures.databases",
    "tests.fixtures.network",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add where journeys save their pictures, and whether the longer ones are played."""
    parser.addoption("--pictures", metavar="DIR", help="save the story's screenshots there")
    parser.addoption("--longer", action="store_true", help="also what is marked 'longer'")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the journeys first: whoever begins a long one last keeps everybody waiting."""
    items.sort(key=lambda item: "/journeys/" not in item.nodeid)
    if not config.getoption("--longer"):
        longer = [item for item in items if item.get_closest_marker("longer")]
        config.hook.pytest_deselected(items=longer)
        items[:] = [item for item in items if not item.get_closest_marker("longer")]


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """The folder for screenshots, or None when nobody asked for them."""
    named: str | None = request.config.getoption("--pictures")
    if named is None:
        return None
    folder = PROJECT / named
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder of the tests' own, so that none touches the one in use."""
    folder = tmp_path_factory.mktemp("instance")
    os.environ["OUTREACH_INSTANCE"] = str(folder)
    return folder
