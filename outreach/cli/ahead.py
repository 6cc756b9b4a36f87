"""The pages' process of ``run``, begun before the rest of the command line is imported.

Importing the product takes a process longer than anything else of a start; this way both import at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

WHEN_TOLD = "--when-told"
_BEGUN: list[subprocess.Popen[str]] = []


def begin_pages(arguments: Sequence[str]) -> None:
    """Begin the pages' process when the command is ``run``; it imports, and serves when it is told to."""
    if arguments[:1] == ["run"] and not {"-h", "--help"} & set(arguments):
        _BEGUN.append(_begin())


def pages_process() -> subprocess.Popen[str]:
    """Return the process begun ahead, told to serve now."""
    process = _BEGUN.pop() if _BEGUN else _begin()
    assert process.stdin is not None  # noqa: S101 - asked for by PIPE
    process.stdin.write("serve\n")
    process.stdin.flush()
    return process


def is_told() -> bool:
    """Wait to be told; False when the one who would tell has gone."""
    return bool(sys.stdin.readline())


def environment() -> dict[str, str]:
    """Return the environment of the processes that ``run`` starts: the clock was set by it already."""
    return {key: value for key, value in os.environ.items() if key != "OUTREACH_NOW"}


def _begin() -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", "outreach", "serve", WHEN_TOLD],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
