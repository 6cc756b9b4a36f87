"""Set-up's own modules lie beside the Makefile's entry point, outside every package."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / ".ci"))
