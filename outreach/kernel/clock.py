"""The one reader of the clock: real time, and business time which a demo may shift."""

from __future__ import annotations

import time as _time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """Return the aware UTC instant of the machine; for leases, logins, throttles and webhooks."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Return seconds of a clock that never jumps; for measuring durations within one process."""
    return _time.monotonic()


@dataclass(frozen=True, slots=True)
class BusinessClock:
    """Business time = real time + an offset that lives in a database row (decisions §2).

    The offset is read once at the start of each act by web and worker, so one act sees one instant.
    """

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the aware UTC instant at which the business believes to be."""
        return real_now() + self.offset


def offset_to(instant: datetime) -> timedelta:
    """Return the offset that makes business time equal ``instant`` (aware) now."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime refused")
    return instant.astimezone(UTC) - real_now()
