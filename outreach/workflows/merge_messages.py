"""One text instead of several: what is due to one number at the same moment and says the same thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from outreach.contact.addressing import all_of
from outreach.contact.claims import Instants
from outreach.contact.codes import MessageState, Purpose
from outreach.contact.message_models import Message, Wording
from outreach.contact.rules import MERGEABLE
from outreach.contact.segments import measure
from outreach.contact.wording import joined, render

WITHIN = timedelta(minutes=10)
MOST = 4
WHO_IN_ALL = "who_in_all"  # the names of everyone whom a merged text speaks of
_WORDED_PER_READER = (
    "who",
    "appointment_id",
    "reply_hint",
    "opt_out_hint",
    "page_hint",
    WHO_IN_ALL,
)


_WAITING = (
    select(Message)
    .where(
        Message.number_index.in_(bindparam("numbers", expanding=True)),
        Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED]),
        Message.due_at <= bindparam("due_until"),
        Message.expires_at > bindparam("now"),
        or_(Message.purpose == Purpose.RIDE, Message.step.in_(MERGEABLE)),
    )
    .order_by(Message.due_at, Message.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


class Partners:
    """Messages that could go out within another of a batch (moment 3d), read once for the batch.

    Two elders on one phone get one text; ride messages to one number merge whatever they say, since
    caps must never drop one. A partner shares the fate of the text that carried it.
    """

    def __init__(
        self, session: Session, rows: Sequence[Message], *, at: Instants, lease: timedelta
    ) -> None:
        self._session, self._at, self._lease = session, at, lease
        self._by_number: dict[bytes, list[Message]] = defaultdict(list)
        numbers = {r.number_index for r in rows if r.number_index is not None and _may_merge(r)}
        for row in self._waiting(numbers):
            if row.number_index is not None:
                self._by_number[row.number_index].append(row)

    def join(
        self,
        row: Message,
        *,
        may_join: Callable[[Sequence[Message]], list[Message]],
        only_alike: bool,
    ) -> None:
        """Let what may go out within ``row`` do so: its text becomes one for all of them.

        ``only_alike``: the route carries registered templates, so only the names may differ.
        """
        row.sent_body = None
        row.values = {k: v for k, v in row.values.items() if k != WHO_IN_ALL}
        found = [other for other in self._like(row) if other.id != row.id]
        if only_alike:
            found = [other for other in found if _alike(other, row)]
        partners = may_join(found[: MOST - 1]) if found else []
        if not partners:
            return
        row.sent_body = _one_text(self._session, [row, *partners])
        row.values = {**row.values, WHO_IN_ALL: _all_names([row, *partners])}
        row.segments = measure(row.sent_body).segments
        for partner in partners:
            partner.state = MessageState.SENDING
            partner.merged_into_id = row.id
            partner.claim_token = ""
            partner.post_started_at = self._at.real_now
            partner.lease_until = self._at.real_now + self._lease

    def _waiting(self, numbers: Collection[bytes]) -> Sequence[Message]:
        if not numbers:
            return []
        asked = {
            "numbers": numbers,
            "due_until": self._at.now + WITHIN,
            "now": self._at.now,
            "most": MOST * len(numbers),
        }
        return self._session.scalars(_WAITING, asked).all()

    def _like(self, row: Message) -> list[Message]:
        if row.number_index is None or not _may_merge(row):
            return []
        is_ride = row.purpose is Purpose.RIDE
        return [
            other
            for other in self._by_number.get(row.number_index, [])
            if other.state in {MessageState.QUEUED, MessageState.CLAIMED}
            and (other.channel, other.language) == (row.channel, row.language)
            and (other.purpose is Purpose.RIDE if is_ride else other.step is row.step)
        ]


def partners_of(session: Session, row_ids: Collection[int]) -> Mapping[int, list[Message]]:
    """Return the messages that went out within each of these."""
    found: dict[int, list[Message]] = defaultdict(list)
    question = (
        select(Message)
        .where(Message.merged_into_id.in_(row_ids))
        .order_by(Message.id)
        .with_for_update()
    )
    for partner in session.scalars(question):
        found[partner.merged_into_id or 0].append(partner)
    return found


def _may_merge(row: Message) -> bool:
    return row.purpose is Purpose.RIDE or row.step in MERGEABLE


def _one_text(session: Session, rows: list[Message]) -> str:
    first = rows[0]
    signature = str(first.values.get("signature", ""))
    wording = session.get(Wording, first.wording_id) if first.wording_id is not None else None
    if wording is not None and all(_alike(row, first) for row in rows):
        values = {k: v for k, v in first.values.items() if isinstance(v, str)}
        values["who"] = _all_names(rows)
        return render(wording.body, values, signature=signature)
    return joined([row.body or "" for row in rows], signature=signature)


def _all_names(rows: list[Message]) -> str:
    names = [str(row.values.get("who", "")) for row in rows]
    return all_of(names, language=rows[0].language)


def _alike(row: Message, other: Message) -> bool:
    if row.wording_id != other.wording_id:
        return False
    own, others = dict(row.values), dict(other.values)
    for name in _WORDED_PER_READER:
        own.pop(name, None)
        others.pop(name, None)
    return own == others
