"""A pip is taken only from where the machine says, and only with the pinned hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import installer
import pytest
import steps

BODY = b"a wheel"
PIN = installer.Pin("1.2", (hashlib.sha256(BODY).hexdigest(),))
PROJECT = Path(__file__).resolve().parents[3]


def _index(folder: Path, body: bytes) -> installer.Sources:
    """Return a package index on disk that offers the pinned version with a given content."""
    page = folder / "simple" / "pip"
    page.mkdir(parents=True)
    (page / PIN.wheel).write_bytes(body)
    (page / "index.html").write_text(
        f'<a href="pip-1.1.tar.gz">old</a> <a href="{PIN.wheel}#sha256=x">new</a>'
    )
    return installer.Sources(((folder / "simple").as_uri(),), (), None)


def test_the_pinned_wheel_is_fetched_from_the_index_of_the_machine(tmp_path: Path) -> None:
    wheel = installer.fetch_wheel(PIN, _index(tmp_path, BODY), into=tmp_path)

    assert wheel is not None
    assert wheel.read_bytes() == BODY


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    with pytest.raises(steps.SetupError, match="hash"):
        installer.fetch_wheel(PIN, _index(tmp_path, b"altered"), into=tmp_path)


def test_a_folder_of_wheels_serves_as_well(tmp_path: Path) -> None:
    (tmp_path / PIN.wheel).write_bytes(BODY)
    into = tmp_path / "into"
    into.mkdir()

    wheel = installer.fetch_wheel(PIN, installer.Sources((), (str(tmp_path),), None), into=into)

    assert wheel is not None


def test_a_machine_without_any_setting_gives_no_wheel(tmp_path: Path) -> None:
    assert installer.fetch_wheel(PIN, installer.Sources((), (), None), into=tmp_path) is None


def test_the_environment_wins_over_the_configuration_file(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    key = "-".join(["index", "url"])
    file.write_text(f"[global]\n{key} = https://file.example/simple\ncert = /ca.pem\n")
    environment = {"PIP_CONFIG_FILE": str(file), "PIP_INDEX_URL": "https://env.example/simple"}

    found = installer.sources(environment)

    assert found == installer.Sources(("https://env.example/simple",), (), "/ca.pem")


def test_no_index_leaves_only_folders_of_wheels(tmp_path: Path) -> None:
    environment = {
        "PIP_CONFIG_FILE": str(tmp_path / "none"),
        "PIP_INDEX_URL": "https://env.example/simple",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "/wheels /more",
    }

    assert installer.sources(environment) == installer.Sources((), ("/wheels", "/more"), None)


def test_the_requirements_of_this_project_pin_a_pip() -> None:
    pin = installer.pin_in((PROJECT / "requirements-dev.txt").read_text(encoding="utf-8"))

    assert pin.wheel.startswith(f"pip-{pin.version}")
    assert all(len(one) == 64 for one in pin.hashes)
