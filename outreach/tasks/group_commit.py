"""Many threads' small writes in few transactions: one thread commits for all who wait."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from outreach.kernel.clock import monotonic_s

In = TypeVar("In")
Out = TypeVar("Out")
log = logging.getLogger(__name__)
ONE_WAITS_AT_MOST_S = 60.0


class Closed(RuntimeError):
    """The committing thread has ended; nothing was written."""


@dataclass(slots=True)
class _Item(Generic[In, Out]):
    value: In
    future: Future[Out]


class GroupCommit(Generic[In, Out]):
    """Collects what several threads ask for and does it at once.

    ``work`` gets a batch and returns one answer per item, in order; it opens and commits its own
    transaction and may be called again with the same items one by one when a batch fails, so that one
    bad item spoils only itself.
    """

    def __init__(
        self,
        work: Callable[[Sequence[In]], Sequence[Out]],
        *,
        most: int,
        name: str,
        linger_s: float = 0.0,
    ) -> None:
        self._work, self._most, self._linger_s = work, most, linger_s
        # Not a SimpleQueue: its get with a timeout can, rarely, wait for ever (CPython 3.11), and with
        # everybody here waiting for the answer to an item, nobody brings the next one that would wake it.
        self._items: queue.Queue[_Item[In, Out] | None] = queue.Queue()
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def do(self, value: In) -> Out:
        """Have ``value`` worked on and return its answer once that is committed; raise what it raised.

        TimeoutError when its turn did not come: then it is never worked on.
        """
        if self._is_closed.is_set():
            raise Closed
        item: _Item[In, Out] = _Item(value, Future())
        self._items.put(item)
        try:
            return item.future.result(timeout=ONE_WAITS_AT_MOST_S)
        except TimeoutError:
            if item.future.cancel():
                raise
            # It is being worked on: an answer that nobody takes would be lost, and with it what it gives.
            return item.future.result()

    def close(self) -> None:
        """Work on what is waiting, then end."""
        self._is_closed.set()
        self._items.put(None)
        self._thread.join(timeout=ONE_WAITS_AT_MOST_S)

    def _loop(self) -> None:
        while True:
            batch, is_last = self._collect()
            waiting = [item for item in batch if item.future.set_running_or_notify_cancel()]
            if waiting:
                self._answer(waiting)
            if is_last:
                return

    def _collect(self) -> tuple[list[_Item[In, Out]], bool]:
        first = self._items.get()
        if first is None:
            return self._rest(), True
        batch = [first]
        # A few milliseconds' patience makes one transaction of what would else be several.
        ends_at = monotonic_s() + self._linger_s
        while len(batch) < self._most:
            try:
                item = self._items.get(timeout=max(0.0, ends_at - monotonic_s()))
            except queue.Empty:
                break
            if item is None:
                return batch + self._rest(), True
            batch.append(item)
        return batch, False

    def _rest(self) -> list[_Item[In, Out]]:
        rest: list[_Item[In, Out]] = []
        while True:
            try:
                item = self._items.get_nowait()
            except queue.Empty:
                return rest
            if item is not None:
                rest.append(item)

    def _answer(self, batch: Sequence[_Item[In, Out]]) -> None:
        try:
            answers = self._work([item.value for item in batch])
        except Exception as error:  # whatever it was, those who wait must learn of it
            if len(batch) > 1:
                log.warning("batch failed, one by one", extra={"error": type(error).__name__})
                for item in batch:
                    self._answer([item])
            else:
                batch[0].future.set_exception(error)
            return
        for item, answer in zip(batch, answers, strict=True):
            item.future.set_result(answer)
