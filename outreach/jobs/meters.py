"""The worker's own figures for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


class Meters:
    """Counters of one worker process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.posting = Histogram(
            "outreach_post_seconds",
            "Time a gateway took to answer",
            ["gateway"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.outcomes = Counter(
            "outreach_posts_total",
            "Posts by gateway and outcome",
            ["gateway", "outcome"],
            registry=self.registry,
        )
        self.trouble = Counter(
            "outreach_commit_failures_total",
            "Commits that failed and were tried again",
            registry=self.registry,
        )
        self.ticks = Counter(
            "outreach_ticks_total", "Duties done by the tick", ["duty"], registry=self.registry
        )
