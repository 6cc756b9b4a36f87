"""Lets ``python -m outreach`` run the command line."""

import os
import sys
from pathlib import Path

# Compiled kernels are kept from set-up on; numba reads this when it is first imported.
os.environ.setdefault(
    "NUMBA_CACHE_DIR",
    str(
        Path(os.environ.get("OUTREACH_INSTANCE") or Path(__file__).parents[1] / "instance")
        / "kernels"
    ),
)

from outreach.cli import main

if __name__ == "__main__":
    sys.exit(main())
