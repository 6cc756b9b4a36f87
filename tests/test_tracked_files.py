"""What lies in the repository means the same on every machine and is all our own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# Written in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(
    rf"(?<![\w.>)}}\]-])/(?:{'|'.join(['wor' + 'k', 'roo' + 't', 'tm' + 'p', 'Use' + 'rs'])})/\w"
)
PACKAGE_INDEX = re.compile(
    "|".join(["index" + "-url", "pypi" + r"\.org", "python" + r"hosted\.", "registry" + r"\.npm"])
)
OTHERS_CODE = re.compile(
    r"(^|/)(vendor|node_modules|site-packages)/|\.(whl|min\.js|min\.css|ttf|woff2?)$"
)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git carries."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True, text=True
    )
    return [
        path for name in listed.stdout.split("\0") if name and (path := PROJECT / name).is_file()
    ]


def _lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    found = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    return found


def test_no_tracked_file_names_a_folder_of_one_machine(tracked: list[Path]) -> None:
    assert _lines_with(MACHINE_PATH, tracked) == []


def test_no_tracked_file_names_the_address_of_a_package_index(tracked: list[Path]) -> None:
    assert _lines_with(PACKAGE_INDEX, tracked) == []


def test_no_code_or_font_of_other_people_is_in_the_repository(tracked: list[Path]) -> None:
    names = [str(path.relative_to(PROJECT)) for path in tracked]
    assert [name for name in names if OTHERS_CODE.search(name)] == []
