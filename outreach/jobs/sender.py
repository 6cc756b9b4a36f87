"""The sender: threads that post, one thread that commits for them, and room kept for ride messages.

One turn of the committing thread finishes what was posted, takes what is due and lets it leave, in one
transaction. A message is marked as sending in a commit before its post begins; a process that dies in
between leaves it of unknown fate, never lost and never sent twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from outreach.contact.claims import LEASE, Instants, is_anything_due
from outreach.db import Database
from outreach.jobs.meters import Meters
from outreach.kernel.clock import monotonic_s, real_now
from outreach.ports.messages import Accepted, Later
from outreach.tasks.group_commit import Closed, GroupCommit
from outreach.workflows.finish import Alert, Posted, finish
from outreach.workflows.routes import Routes
from outreach.workflows.send import Ready, Standing, begin_due, read_standing
from outreach.workflows.send_one import instants, post

log = logging.getLogger("outreach.sender")
MOST_PER_COMMIT = 64
STANDS_FOR_S = 0.25


@dataclass(frozen=True, slots=True)
class Tempo:
    """The sender's paces; tests shorten them."""

    senders: int = 8
    ride_senders: int = 1
    idle_s: float = 0.5
    lease: timedelta = LEASE
    trouble_s: float = 2.0
    # A message waits so long for company: fewer, larger commits leave the machine to whoever reads a page.
    linger_s: float = 0.03


@dataclass(frozen=True, slots=True)
class Turn:
    """What one posting thread brings and wants: its last outcome, and whether it can take another."""

    done: Posted | None
    wants_more: bool
    rides_only: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What a turn brought: a message to post, or None; when it was let go, by the steady clock."""

    ready: Ready | None
    at_s: float = 0.0


class Sender:
    """The posting threads of one worker process."""

    def __init__(
        self,
        database: Database,
        routes: Routes,
        stop: threading.Event,
        *,
        tempo: Tempo,
        meters: Meters,
    ) -> None:
        self._database, self._routes, self._stop = database, routes, stop
        self._tempo, self._meters = tempo, meters
        self._desk: GroupCommit[Turn, Given] = GroupCommit(
            self._commit, most=MOST_PER_COMMIT, name="outreach-commit", linger_s=tempo.linger_s
        )
        self._standing: tuple[float, Standing] | None = None
        self._threads = [
            threading.Thread(
                target=self._post_loop,
                args=(number < tempo.ride_senders,),
                name=f"outreach-post-{number}",
                daemon=True,
            )
            for number in range(tempo.senders)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait until what is being posted is finished; the caller has set ``stop``."""
        ends_at = monotonic_s() + timeout_s
        for thread in self._threads:
            thread.join(timeout=max(0.1, ends_at - monotonic_s()))
        self._desk.close()

    def _post_loop(self, rides_only: bool) -> None:  # noqa: FBT001 - a thread's argument
        done: Posted | None = None
        while done is not None or not self._stop.is_set():
            turn = Turn(done, wants_more=not self._stop.is_set(), rides_only=rides_only)
            try:
                given = self._desk.do(turn)
            except Closed:
                return
            except Exception:
                # Nothing was written: an outcome is brought again, until its lease makes it unknown.
                log.exception("commit failed")
                self._meters.trouble.inc()
                self._stop.wait(self._tempo.trouble_s)
                if self._stop.is_set():
                    return
                continue
            done = None
            if given.ready is None:
                self._stop.wait(self._tempo.idle_s)
            else:
                done = self._post(given)

    def _post(self, given: Given) -> Posted:
        ready = given.ready
        assert ready is not None  # noqa: S101 - asked just before
        name = ready.gateway.name
        # A process that stood still has lost its lease: what it held is being asked about by others.
        if monotonic_s() - given.at_s > self._tempo.lease.total_seconds() / 2:
            return Posted(ready.claim, name, Later("stood_still", of_gateway=False))
        with self._meters.posting.labels(name).time():
            outcome = post(ready)
        self._meters.outcomes.labels(name, type(outcome).__name__.lower()).inc()
        return Posted(ready.claim, name, outcome)

    def _commit(self, turns: Sequence[Turn]) -> Sequence[Given]:
        posted = [turn.done for turn in turns if turn.done is not None]
        wanting = sum(turn.wants_more for turn in turns)
        if not posted and not (wanting and self._is_anything_due()):
            return [Given(None) for _ in turns]
        for_rides = sum(turn.wants_more and turn.rides_only for turn in turns)

        def act(session: Session) -> tuple[list[Alert], list[Ready]]:
            standing = self._standing_now(session)
            now = real_now()
            at = Instants(now=now + standing.offset, real_now=now)
            alerts = finish(session, posted=posted, at=at, known=standing.healths)
            if any(not isinstance(done.outcome, Accepted) for done in posted):
                standing = self._standing_now(session, anew=True)
            if not wanting:
                return alerts, []
            return alerts, begin_due(
                session,
                limit=wanting,
                for_rides=for_rides,
                routes=self._routes,
                standing=standing,
                at=at,
                lease=self._tempo.lease,
            )

        alerts, ready = self._database.act(act)
        for alert in alerts:
            log.error("alert", extra={"code": alert.code, "gateway": alert.gateway})
        return _hand_out(turns, ready)

    def _standing_now(self, session: Session, *, anew: bool = False) -> Standing:
        """Return what is in force, read at most a moment ago: a pause takes effect within one tick."""
        kept = self._standing
        if anew or kept is None or monotonic_s() - kept[0] > STANDS_FOR_S:
            kept = (monotonic_s(), read_standing(session, self._routes))
            self._standing = kept
        return kept[1]

    def _is_anything_due(self) -> bool:
        with self._database.read() as session:
            return is_anything_due(session, at=instants(session, real_now()))


def _hand_out(turns: Sequence[Turn], ready: Sequence[Ready]) -> list[Given]:
    """Give rides to those who wait for rides first; the others take whatever there is."""
    now_s = monotonic_s()
    rides = [r for r in ready if r.is_ride]
    others = [r for r in ready if not r.is_ride]
    given: dict[int, Ready] = {}
    waiting = [i for i, turn in enumerate(turns) if turn.wants_more]
    for place in sorted(waiting, key=lambda i: not turns[i].rides_only):
        pile = rides or ([] if turns[place].rides_only else others)
        if pile:
            given[place] = pile.pop(0)
    return [Given(given.get(i), now_s) for i in range(len(turns))]
