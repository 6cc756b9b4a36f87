"""A Chromium named by CHROMIUM is the one used, and one that does not run is said so."""

from __future__ import annotations

from pathlib import Path

import browser
import pytest
import steps


def _program(path: Path, *, code: int) -> str:
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_the_named_chromium_wins_over_the_systems(tmp_path: Path) -> None:
    _program(tmp_path / "chromium", code=0)
    named = _program(tmp_path / "mine", code=0)

    assert browser.find_chromium({"CHROMIUM": named, "PATH": str(tmp_path)}) == named


def test_a_named_chromium_that_does_not_run_stops_set_up_with_the_remedy(tmp_path: Path) -> None:
    named = _program(tmp_path / "mine", code=1)

    with pytest.raises(steps.SetupError, match="apt-get install"):
        browser.find_chromium({"CHROMIUM": named, "PATH": ""})


def test_a_broken_system_chromium_is_passed_over(tmp_path: Path) -> None:
    _program(tmp_path / "chromium", code=1)
    good = _program(tmp_path / "google-chrome", code=0)

    assert browser.find_chromium({"PATH": str(tmp_path)}) == good
