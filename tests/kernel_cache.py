"""Tells whether a command compiles kernels that set-up should have left compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent / "instance" / "kernels"


def compiled_anew(command: Sequence[str], *, kernels: Path = KERNELS) -> list[str]:
    """Run ``python COMMAND…`` and return the kernels it had to compile: none after ``make setup``."""
    ended = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "NUMBA_CACHE_DIR": str(kernels), "NUMBA_DEBUG_CACHE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = ended.stdout.splitlines()
    return [line for line in said if line.startswith("[cache] data saved to")]
