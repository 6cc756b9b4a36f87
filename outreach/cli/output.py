"""Where commands write: words to stderr, the result alone to stdout (decisions §4)."""

from __future__ import annotations

import json
import sys


def say(words: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def answer(result: object) -> None:
    """Print a JSON result."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
