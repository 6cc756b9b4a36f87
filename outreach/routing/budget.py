"""How long a search may go on: by seconds, by iterations, or until someone cancels it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from outreach.kernel.clock import monotonic_s


@dataclass(slots=True)
class Budget:
    """A limit in seconds or in iterations per thread (which makes a run reproducible).

    The run ends at whichever limit comes first. The share of the budget that is spent steers the
    cooling: it is counted in iterations when they are limited, else in seconds.
    """

    seconds: float | None = None
    iterations: int | None = None
    should_stop: Callable[[], bool] | None = None
    began_s: float = field(default_factory=monotonic_s)
    spent: int = 0

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return monotonic_s() - self.began_s

    @property
    def left_s(self) -> float:
        """Return the seconds that are left (a day when only iterations are limited)."""
        return 86_400.0 if self.seconds is None else self.seconds - self.elapsed_s

    def share(self) -> float:
        """Return how much of the budget is spent, 0 to 1."""
        if self.iterations is not None:
            return min(1.0, self.spent / max(1, self.iterations))
        return min(1.0, self.elapsed_s / max(1e-9, self.seconds or 0.0))

    def over(self) -> bool:
        """Tell whether to stop now."""
        if self.should_stop is not None and self.should_stop():
            return True
        if self.iterations is not None and self.spent >= self.iterations:
            return True
        return self.left_s <= 0.0

    def stretch(self, speed: float, wanted_s: float, at_most: int) -> int:
        """Return how many iterations to run before looking up again."""
        if self.iterations is not None:
            rounds = min(at_most, self.iterations - self.spent)
            if self.seconds is None:
                return max(1, rounds)
            return max(1, min(rounds, int(speed * min(wanted_s, max(0.005, self.left_s)))))
        return max(1, int(speed * min(wanted_s, max(0.005, self.left_s))))
