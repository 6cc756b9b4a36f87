"""Sending: the last check and the commit before a message leaves, and the one end written afterwards.

``begin`` and ``finish`` are two transactions; between them the gateway is called with none open. What
``begin`` lets pass was checked within the transaction that marks it as sending, so nothing silenced
before that commit goes out (N1, N9), and nothing is forgotten after it (N3).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.clinics.operations import hold_free_appointments
from outreach.contact import rules
from outreach.contact.campaign_sending import paused_campaigns
from outreach.contact.circuit import Health
from outreach.contact.claims import (
    LEASE,
    Claim,
    Instants,
    due_rows,
    held_rows,
    lock_numbers,
    sending_control,
)
from outreach.contact.codes import Channel, MessageState
from outreach.contact.decent_hours import hours_of
from outreach.contact.message_models import Message, Wording
from outreach.contact.outbox import body_hash, number_of, owe_calls
from outreach.contact.rules import Caps, DecentHours, Next, Verdict
from outreach.contact.segments import measure
from outreach.contact.wording import gaps, render
from outreach.contact.wordings import CODE_KEPT, hints
from outreach.kernel.place import emergency_number
from outreach.places.queries import get_place, local_zone
from outreach.ports.messages import Capabilities, Envelope, MessageGateway
from outreach.workflows.family_links import family_code_for
from outreach.workflows.merge_messages import WHO_IN_ALL, Partners
from outreach.workflows.message_facts import Earlier, MessageFacts
from outreach.workflows.routes import NoRoute, OpenRoutes, Routes, is_any_open

PAUSE_BEFORE_ASKING_AGAIN = timedelta(seconds=15)
PAUSE_FOR_A_VISIT = timedelta(seconds=2)
LOOKS = 3
_HINTS = frozenset({"reply_hint", "opt_out_hint", "page_hint"})
LONGEST_LIFE_S = 36_000  # carriers forget a text after ten hours at the latest


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may leave now: committed as sending, to be posted once and then finished."""

    claim: Claim
    gateway: MessageGateway
    envelope: Envelope
    is_ride: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What all messages of a moment share: hours, pauses, the health of the routes, the clock's offset."""

    offset: timedelta
    hours: DecentHours
    is_paused: bool
    hold_before: datetime | None
    is_trial: bool
    paused_campaigns: tuple[int, ...]
    healths: Mapping[str, Health]


def read_standing(session: Session, routes: Routes) -> Standing:
    """Read it, in four questions."""
    place, control = get_place(session), sending_control(session)
    return Standing(
        offset=timedelta(seconds=place.clock_offset_s),
        hours=hours_of(place),
        is_paused=control.paused_at is not None,
        hold_before=control.hold_created_before,
        is_trial=control.is_trial,
        paused_campaigns=tuple(paused_campaigns(session)),
        healths=routes.healths(session),
    )


def begin(
    session: Session,
    *,
    claims: Sequence[Claim],
    routes: Routes,
    at: Instants,
    lease: timedelta = LEASE,
) -> dict[int, Ready]:
    """Decide about claimed messages and mark those that may leave as sending, by message id."""
    rows = held_rows(session, claims=claims, state=MessageState.CLAIMED, real_now=at.real_now)
    if not rows:
        return {}
    desk = _Desk(session, rows, routes, read_standing(session, routes), at=at, lease=lease)
    return desk.let_go(rows, {claim.message_id: claim.token for claim in claims})


def begin_due(
    session: Session,
    *,
    limit: int,
    for_rides: int,
    routes: Routes,
    standing: Standing,
    at: Instants,
    lease: timedelta = LEASE,
) -> list[Ready]:
    """Let due messages leave, the most urgent first; ``for_rides`` of the ``limit`` wait for rides alone.

    Claiming and deciding are one transaction here: what a death leaves behind is queued or sending.
    """
    if standing.is_paused or not is_any_open(standing.healths, real_now=at.real_now):
        return []
    ready: list[Ready] = []
    # Some that are due turn out to be silenced or to wait: look again for the places left over.
    for _ in range(LOOKS):
        room = limit - len(ready)
        rows = due_rows(session, at=at, limit=room, paused_campaigns=standing.paused_campaigns)
        kept = max(0, for_rides - sum(r.is_ride for r in ready))
        rows = _with_room_for_rides(rows, limit=room, for_rides=kept)
        if not rows:
            break
        token = uuid4().hex
        desk = _Desk(session, rows, routes, standing, at=at, lease=lease)
        ready += desk.let_go(rows, {row.id: token for row in rows}).values()
        if len(ready) >= limit:
            break
    return ready


def _with_room_for_rides(rows: Sequence[Message], *, limit: int, for_rides: int) -> list[Message]:
    rides = [row for row in rows if row.priority == rules.RIDE_PRIORITY]
    others = [row for row in rows if row.priority != rules.RIDE_PRIORITY]
    left = limit - max(len(rides), for_rides)
    return rides + others[: max(0, left)]


class _Desk:
    """One batch at the moment of sending: its facts, its caps, its routes."""

    def __init__(
        self,
        session: Session,
        rows: Sequence[Message],
        routes: Routes,
        standing: Standing,
        *,
        at: Instants,
        lease: timedelta,
    ) -> None:
        self._session, self._at, self._lease = session, at, lease
        self._standing, self._family_door = standing, routes.family_door
        self._codes: dict[int, str] = {}
        keys = {r.number_index for r in rows if r.number_index is not None}
        keys |= {b"household%d" % r.household_id for r in rows if r.household_id is not None}
        lock_numbers(session, keys=keys)
        self._caps = Caps()
        self._facts = self._facts_of(rows)
        self._earlier = Earlier(session, rows, caps=self._caps, now=at.now)
        self._wordings = _wordings_of(session, rows)
        self._busy = self._rows_of_busy_visits(rows)
        self._partners = Partners(session, rows, at=at, lease=lease)
        self._routes = OpenRoutes(
            session, routes.gateways, known=standing.healths, real_now=at.real_now
        )
        self.ended: list[int] = []

    def _facts_of(self, rows: Sequence[Message]) -> MessageFacts:
        return MessageFacts(
            self._session,
            rows,
            now=self._at.now,
            zone=self._standing.hours.zone,
            is_trial=self._standing.is_trial,
        )

    def let_go(self, rows: Sequence[Message], tokens: Mapping[int, str]) -> dict[int, Ready]:
        """Decide about every row; return those that leave, and owe the calls that others leave behind."""
        ready: dict[int, Ready] = {}
        for row in sorted(rows, key=lambda r: (r.priority, r.due_at, r.id)):
            if row.state not in {MessageState.QUEUED, MessageState.CLAIMED}:
                continue  # merged into another of this very batch
            made = self.decide(row)
            if made is not None:
                gateway, envelope = made
                row.claim_token = tokens[row.id]
                is_ride = row.priority == rules.RIDE_PRIORITY
                ready[row.id] = Ready(Claim(row.id, row.claim_token), gateway, envelope, is_ride)
        self._session.flush()
        owe_calls(self._session, message_ids=self.ended, now=self._at.now)
        return ready

    def decide(self, row: Message) -> tuple[MessageGateway, Envelope] | None:
        """Write what becomes of one claimed message; return its envelope when it may leave."""
        if self._standing.is_paused:
            self._requeue(row, until=None)
            return None
        if row.id in self._busy:
            self._requeue(row, until=self._at.real_now + PAUSE_FOR_A_VISIT)
            return None
        number = number_of(self._session, row)
        choice = self._routes.choose(row, to=number) if number else NoRoute.NEVER
        if not isinstance(choice, NoRoute):
            self._word_hints(row, choice.capabilities(number))
        verdict = self._verdict(row, number, choice)
        if verdict.next is not Next.SEND:
            settle(row, verdict, now=self._at.now)
            if verdict.next in {Next.SUPPRESS, Next.EXPIRE}:
                self.ended.append(row.id)
            return None
        if isinstance(choice, NoRoute):
            self._requeue(row, until=self._at.real_now + PAUSE_BEFORE_ASKING_AGAIN)
            return None
        return choice, self._mark_sending(row, number, choice)

    def _verdict(self, row: Message, number: str, choice: MessageGateway | NoRoute) -> Verdict:
        held_before = self._standing.hold_before
        if held_before is not None and row.created_at < held_before:
            return Verdict(Next.HOLD, "restored")
        if choice is NoRoute.NEVER:
            return Verdict(Next.SUPPRESS, "no_route" if number else "no_number")
        caps = self._caps
        if not isinstance(choice, NoRoute):
            caps = _stricter(caps, choice.capabilities(number))
        return rules.decide(
            _due_of(row),
            self._facts.of(row),
            earlier=self._earlier.to(row),
            hours=self._standing.hours,
            caps=caps,
            now=self._at.now,
        )

    def _mark_sending(self, row: Message, number: str, gateway: MessageGateway) -> Envelope:
        able = gateway.capabilities(number)
        self._partners.join(
            row,
            may_join=lambda found: self._may_join(found, able),
            only_alike=able.registered_templates,
        )
        sent = row.sent_body or row.body or ""
        code = self._codes.get(row.id, "")
        row.body_hash = body_hash(sent)
        row.state = MessageState.SENDING
        row.attempts += 1
        row.gateway = gateway.name
        row.post_started_at = self._at.real_now
        row.lease_until = self._at.real_now + self._lease
        row.began_at = self._at.now
        row.retry_at = None
        self._earlier.add(row, self._at.now)
        wording = self._wordings.get(row.wording_id or 0)
        left = LONGEST_LIFE_S
        if row.expires_at is not None:
            left = int(min(left, max(5, (row.expires_at - self._at.now).total_seconds())))
        return Envelope(
            reference=row.uuid,
            channel=row.channel.value,
            to=number,
            body=sent.replace(CODE_KEPT, code),
            language=row.language,
            expires_in_s=left,
            template_code=wording.template_code if wording else "",
            parameters={k: v.replace(CODE_KEPT, code) for k, v in _parameters(row).items()},
        )

    def _rows_of_busy_visits(self, rows: Sequence[Message]) -> set[int]:
        """Hold the visits whose pages these texts name; return the rows of those in other hands.

        They are not waited for: whoever changes a visit holds it first and then asks for its messages,
        which are held here already (a deadlock on PostgreSQL).
        """
        named = {row.id: visit for row in rows if (visit := self._visit_named(row)) is not None}
        if not named:
            return set()
        held = hold_free_appointments(self._session, set(named.values()))
        return {row_id for row_id, visit in named.items() if visit not in held}

    def _visit_named(self, row: Message) -> int | None:
        wording = self._wordings.get(row.wording_id or 0)
        if not self._family_door or wording is None or "page_hint" not in gaps(wording.body):
            return None
        return int(row.values["appointment_id"]) if "appointment_id" in row.values else None

    def _door_for(self, row: Message) -> str:
        """Return the address of the reader's family page, "" where this reader has none.

        Its code goes with the text and is not kept in it.
        """
        visit = self._visit_named(row)
        if visit is None:
            return ""
        self._codes[row.id] = family_code_for(
            self._session,
            appointment_id=visit,
            contact_person_id=row.contact_person_id,
            now=self._at.now,
        )
        return self._family_door if self._codes[row.id] else ""

    def _word_hints(self, row: Message, able: Capabilities, *, is_partner: bool = False) -> None:
        """Word anew what depends on the route that really carries it: reply, or call this number.

        A partner's words go within another's text, which names its own page alone.
        """
        wording = self._session.get(Wording, row.wording_id) if row.wording_id else None
        if wording is None or not _HINTS & set(gaps(wording.body)):
            return
        values = dict(row.values)
        if "emergency" not in values:  # queued by a version that did not keep the number yet
            values["emergency"] = emergency_number(get_place(self._session).country)
        wants_door = able.links and not is_partner
        worded = hints(
            step=row.step,
            language=row.language,
            values=values,
            route=able,
            door=self._door_for(row) if wants_door else "",
        )
        row.values = {**values, **worded}
        is_spoken = row.channel is Channel.VOICE
        signature = "" if is_spoken else str(row.values.get("signature", ""))
        row.body = render(wording.body, row.values, signature=signature)
        row.body_hash = body_hash(row.body)
        row.segments = measure(row.body).segments

    def _may_join(self, partners: Sequence[Message], able: Capabilities) -> list[Message]:
        facts = self._facts_of(partners)
        joining = []
        for partner in partners:
            due = _due_of(partner)
            found = facts.of(partner)
            reason = rules.silence(due.purpose, due.step, due.channel, found)
            if reason is None and rules.hold(due.purpose, due.step, found) is None:
                self._word_hints(partner, able, is_partner=True)
                joining.append(partner)
        return joining

    def _requeue(self, row: Message, *, until: datetime | None) -> None:
        row.state, row.retry_at = MessageState.QUEUED, until
        row.claim_token, row.lease_until = "", None


def settle(row: Message, verdict: Verdict, *, now: datetime) -> None:
    """Write a verdict other than "send" into its row."""
    row.claim_token, row.lease_until, row.reason = "", None, verdict.reason
    if verdict.next is Next.WAIT:
        row.state = MessageState.QUEUED
        row.due_at = verdict.until or row.due_at
    elif verdict.next is Next.HOLD:
        row.state = MessageState.HELD
    else:
        row.state = MessageState.EXPIRED if verdict.next is Next.EXPIRE else MessageState.SUPPRESSED
        row.ended_at = now


def settle_queued(session: Session, *, message_ids: Collection[int], now: datetime) -> int:
    """Check messages that wait, as at the moment of sending but for the hour; return how many ended.

    Called when rows are queued, and after any act that may silence some of a person's messages, so that
    silence begins at once and is told in the timeline (fault rows 33–36).
    """
    ended: list[int] = []
    ids = sorted(message_ids)
    zone, is_trial = local_zone(session), sending_control(session).is_trial
    for start in range(0, len(ids), 500):
        question = (
            select(Message)
            .where(
                Message.id.in_(ids[start : start + 500]),
                Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD]),
                Message.channel != Channel.CALL,
            )
            .order_by(Message.id)
            .with_for_update()
        )
        rows = session.scalars(question).all()
        facts = MessageFacts(session, rows, now=now, zone=zone, is_trial=is_trial)
        ended += [row.id for row in rows if _settle_one(row, facts, now=now)]
    session.flush()
    owe_calls(session, message_ids=ended, now=now)
    return len(ended)


def _settle_one(row: Message, facts: MessageFacts, *, now: datetime) -> bool:
    found = facts.of(row)
    # What may yet change before the message is due is judged then, not now.
    early = replace(
        found,
        dose_recorded=found.dose_recorded or row.purpose.value == "aftercare",
        has_unread_reply=False,
        is_outside_trial=False,
    )
    reason = rules.silence(row.purpose, row.step, row.channel.value, early)
    if reason is not None:
        settle(row, Verdict(Next.SUPPRESS, reason), now=now)
        return True
    held = rules.hold(row.purpose, row.step, early)
    if held is not None:
        settle(row, Verdict(Next.HOLD, held), now=now)
    elif row.state is MessageState.HELD and row.reason == "awaits_decision":
        row.state, row.reason = MessageState.QUEUED, ""
    return False


def silence_now(session: Session, *, resident_ids: Collection[int], now: datetime) -> int:
    """Check everything that waits about these residents; return how many messages ended."""
    question = select(Message.id).where(
        Message.resident_id.in_(resident_ids),
        Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD]),
    )
    return settle_queued(session, message_ids=session.scalars(question).all(), now=now)


def _due_of(row: Message) -> rules.Due:
    return rules.Due(
        purpose=row.purpose,
        step=row.step,
        channel=row.channel.value,
        created_at=row.created_at,
        expires_at=row.expires_at,
        body_hash=row.body_hash or b"",
    )


def _parameters(row: Message) -> dict[str, str]:
    told = {k: v for k, v in row.values.items() if isinstance(v, str)}
    return told | {"who": told[WHO_IN_ALL]} if WHO_IN_ALL in told else told


def _stricter(caps: Caps, able: Capabilities) -> Caps:
    identical, everything = able.identical_per_day, able.any_per_day
    return replace(
        caps,
        identical_per_number=min(caps.identical_per_number, identical or caps.identical_per_number),
        any_per_number=min(caps.any_per_number, everything or caps.any_per_number),
    )


def _wordings_of(session: Session, rows: Sequence[Message]) -> dict[int, Wording]:
    ids = {row.wording_id for row in rows if row.wording_id is not None}
    question = select(Wording).where(Wording.id.in_(ids))
    return {row.id: row for row in session.scalars(question)} if ids else {}
