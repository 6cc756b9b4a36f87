"""Receipts come in floods: requests that arrive together are written in one transaction (fault 29)."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from flask import current_app

from outreach.contact.receipts import Applied
from outreach.kernel.clock import real_now
from outreach.ports.messages import Receipt
from outreach.services import Services
from outreach.tasks.group_commit import GroupCommit
from outreach.web.visit import services
from outreach.workflows.receive_receipts import receive
from outreach.workflows.send_one import instants

_KEY = "outreach_receipts"
_MOST = 200
_making = threading.Lock()


def take_receipt(receipt: Receipt) -> bool:
    """Write one receipt together with those of other requests; False when nobody knows its message."""
    applied = _desk().do(receipt)
    return receipt.reference not in applied.unknown


def _desk() -> GroupCommit[Receipt, Applied]:
    # Made by the first request, not at start: a thread does not survive the fork of a web server.
    with _making:
        desk: GroupCommit[Receipt, Applied] | None = current_app.extensions.get(_KEY)
        if desk is None:
            desk = _new_desk(services())
            current_app.extensions[_KEY] = desk
        return desk


def _new_desk(held: Services) -> GroupCommit[Receipt, Applied]:
    def work(receipts: Sequence[Receipt]) -> Sequence[Applied]:
        applied = held.database.act(
            lambda session: receive(session, receipts=receipts, at=instants(session, real_now()))
        )
        return [applied] * len(receipts)

    return GroupCommit(work, most=_MOST, name="outreach-receipts")
