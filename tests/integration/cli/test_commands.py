"""The command line as a newcomer and a tool use it: real processes, JSON on stdout, words on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
LEDGERS = PROJECT / "tests" / "data" / "ledgers"


def _run(instance: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OUTREACH_INSTANCE": str(instance), **settings}
    return subprocess.run(
        [sys.executable, "-m", "outreach", *words],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _findings(instance: Path, **settings: str) -> dict[str, tuple[str, str]]:
    told = json.loads(_run(instance, "doctor", "--json", **settings).stdout)
    return {one["what"]: (one["state"], one["remedy"]) for one in told}


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A freshly initialised installation on SQLite."""
    assert _run(tmp_path, "init").returncode == 0
    return tmp_path


def test_moment_1f_doctor_says_what_phones_lack_without_https(instance: Path) -> None:
    assert "docs/https.md" in _findings(instance)["address"][1]
    plain = _findings(instance, PUBLIC_URL="http://care.lan")["address"]
    assert plain[0] == "warning"
    assert _findings(instance, PUBLIC_URL="https://care.lan")["address"][0] == "ok"


def test_doctor_names_an_empty_database_and_the_remedy(tmp_path: Path) -> None:
    state, remedy = _findings(tmp_path)["database"]
    assert state == "bad"
    assert "init" in remedy


def test_a_wrong_setting_stops_the_start_with_its_name_and_remedy(tmp_path: Path) -> None:
    done = _run(tmp_path, "init", DATABASE_URL="mysql://x", PUBLIC_URL="care.lan")
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr
    assert "PUBLIC_URL" in done.stderr
    assert "https://" in done.stderr
    assert done.stdout == ""


def test_other_keys_than_the_databases_own_are_refused(
    instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    assert _run(other, "init").returncode == 0
    (instance / "keys.json").write_text((other / "keys.json").read_text())
    done = _run(instance, "init")
    assert done.returncode == 1
    assert "other_keys" in done.stderr


def test_backup_and_restore_from_the_command_line(instance: Path, tmp_path: Path) -> None:
    made = json.loads(_run(instance, "backup", "--to", str(tmp_path / "b.backup")).stdout)
    assert made["rows"] > 0
    copy = f"sqlite:///{tmp_path / 'copy.sqlite'}"
    restored = _run(instance, "restore", str(tmp_path / "b.backup"), DATABASE_URL=copy)
    assert json.loads(restored.stdout)["rows"] == made["rows"]
    assert "paused" in restored.stderr
    assert _run(instance, "resume-sending", DATABASE_URL=copy).returncode == 0


def test_admin_link_and_verify_audit(instance: Path) -> None:
    assert "/link/" in json.loads(_run(instance, "admin-link").stdout)["link"]
    told = json.loads(_run(instance, "verify-audit").stdout)
    assert told["broken"] is None


@pytest.mark.parametrize(
    "command", ["init", "import", "serve", "worker", "demo", "doctor", "solve"]
)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    done = _run(tmp_path, command, "--help")
    assert done.returncode == 0
    assert "usage" in done.stdout
