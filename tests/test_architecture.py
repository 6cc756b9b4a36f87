"""The house keeps its floors: imports go only the way that pyproject.toml allows."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

PROJECT = Path(__file__).resolve().parent.parent


def test_no_module_imports_what_its_floor_forbids(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)

    outcome = lint_imports(config_filename=str(PROJECT / "pyproject.toml"), no_cache=True)

    assert outcome == EXIT_STATUS_SUCCESS, capsys.readouterr().out
