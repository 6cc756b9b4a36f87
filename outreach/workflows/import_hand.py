"""Who brings a file in, when, and which process does the work: what every step of an import carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who brings a file in (nobody: the command line), when, and the process that does the work.

    ``now`` is business time of the whole act; ``clock`` tells real time, on which the lease runs.
    """

    by: int | None
    now: datetime
    holder: str
    clock: Clock
    actor: str = "user"
