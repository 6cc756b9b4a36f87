"""Lets ``python -m outreach`` run the command line."""

import gc
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

from outreach.cli.ahead import begin_pages

if __name__ == "__main__":
    begin_pages(sys.argv[1:])

# Nothing that is imported is ever garbage: looking for some takes a seventh of a start.
gc.disable()
from outreach.cli.commands import main  # noqa: E402 - after the collector is stopped

gc.enable()

if __name__ == "__main__":
    sys.exit(main())
