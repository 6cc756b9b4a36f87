"""Works of imports: reading a file for review, committing, undoing, comparing an official list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outreach.jobs.tasks import TaskHandle, work_named
from outreach.kernel.clock import real_now
from outreach.kernel.process import process_name
from outreach.places.queries import business_clock
from outreach.workflows.import_hand import Hand
from outreach.workflows.reconcile_doses import reconcile_batch
from outreach.workflows.review_import import COMMIT, LIST, READ, UNDO, commit_batch, read_batch
from outreach.workflows.undo_import import undo_import


def _hand(handle: TaskHandle) -> Hand:
    with handle.services.database.read() as session:
        now: datetime = business_clock(session).now()
    return Hand(by=handle.asked_by, now=now, holder=process_name(), clock=real_now)


def _batch_id(handle: TaskHandle) -> int:
    return int(handle.arguments["batch_id"])


def _report(handle: TaskHandle) -> Any:  # noqa: ANN401 - a function of share and stage
    def tell(share: float, stage: str) -> None:
        handle.report(share, stage=stage)

    return tell


@work_named(READ)
def read(handle: TaskHandle) -> dict[str, Any]:
    """Read an uploaded ledger and compare it."""
    database = handle.services.database
    read_batch(database, batch_id=_batch_id(handle), hand=_hand(handle), report=_report(handle))
    return {"batch_id": _batch_id(handle)}


@work_named(COMMIT)
def commit(handle: TaskHandle) -> dict[str, Any]:
    """Write a reviewed batch into the ledger."""
    database = handle.services.database
    commit_batch(database, batch_id=_batch_id(handle), hand=_hand(handle), report=_report(handle))
    return {"batch_id": _batch_id(handle)}


@work_named(UNDO)
def undo(handle: TaskHandle) -> dict[str, Any]:
    """Take a batch back, whole or not at all."""
    hand = _hand(handle)
    return handle.services.database.act(
        lambda session: undo_import(session, batch_id=_batch_id(handle), hand=hand)
    )


@work_named(LIST)
def compare(handle: TaskHandle) -> dict[str, Any]:
    """Compare an official list with the ledger."""
    hand = _hand(handle)
    return reconcile_batch(handle.services.database, batch_id=_batch_id(handle), hand=hand)
