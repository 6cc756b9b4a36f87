"""What the playing of the demo's history remembers from day to day."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from zoneinfo import ZoneInfo

from outreach.demo.ground import Ground
from outreach.services import Services

SEED = 880


@dataclass(slots=True)
class Chronicle:
    """The tools of the playing, and its one source of chance."""

    services: Services
    ground: Ground
    zone: ZoneInfo
    language: str
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - no secret
