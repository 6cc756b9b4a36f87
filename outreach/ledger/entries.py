"""Storing what the rules found of ledger lines: values, a transition per change, closures and reversals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.ledger.bulk import insert_rows
from outreach.ledger.codes import Cause, EntryStatus, EvidenceGrade, StrikeOffKind
from outreach.ledger.entry_models import LedgerEntry, StatusTransition, StrikeOff
from outreach.ledger.rules import Finding

# What is written of a finding; compared with what is stored, so that an unchanged line costs no write.
STORED = (
    "community_id",
    "grid_id",
    "status",
    "dose_number_due",
    "earliest_on",
    "recommended_on",
    "past_due_on",
    "rule_set_id",
    "rule_id",
    "doses_counted",
    "last_dose_on",
    "history_verified",
    "next_action",
    "next_contact_on",
    "next_channel",
    "promised_call_at",
    "last_contact_at",
    "refusals",
    "declined_until",
    "do_not_ask",
    "unreached_since",
    "is_to_verify",
    "is_counted",
)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who or what changes lines, through which act, when, and for which local day."""

    cause: Cause
    now: datetime
    day: date
    by: int | None = None
    actor: str = "system"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProvenDose:
    """What a strike-off keeps of the dose that closes a line."""

    dose_id: int
    grade: EvidenceGrade
    recorded_by: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it should be: whose it is, what was found, and which doses and exemptions prove it."""

    resident_id: int
    campaign_id: int
    community_id: int
    grid_id: int | None
    rule_set_id: int
    finding: Finding
    last_dose_on: date | None
    history_verified: bool
    proofs: dict[str, ProvenDose]
    exemptions: frozenset[int] = frozenset()

    def values(self) -> dict[str, Any]:
        """Return the stored columns."""
        found, told, contact = self.finding, self.finding.view.told, self.finding.contact
        return {
            "community_id": self.community_id,
            "grid_id": self.grid_id,
            "status": found.status,
            "dose_number_due": told.number,
            "earliest_on": told.earliest_on,
            "recommended_on": told.recommended_on,
            "past_due_on": told.past_due_on,
            "rule_set_id": self.rule_set_id,
            "rule_id": told.rule_id,
            "doses_counted": told.counted,
            "last_dose_on": self.last_dose_on,
            "history_verified": self.history_verified,
            "next_action": str(found.next_action),
            "next_contact_on": found.next_contact_on,
            "next_channel": found.next_channel,
            "promised_call_at": contact.promised_call_at,
            "last_contact_at": contact.last_contact_at,
            "refusals": contact.refusals,
            "declined_until": contact.declined_until,
            "do_not_ask": contact.do_not_ask,
            "unreached_since": contact.unreached_since,
            "is_to_verify": found.is_to_verify,
            "is_counted": True,
        }


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One line that changed; ``was`` is None for a line that is new."""

    entry_id: int
    resident_id: int
    campaign_id: int
    was: EntryStatus | None
    now: EntryStatus


@dataclass(slots=True)
class Stored:
    """What storing did."""

    seen: int = 0
    written: int = 0
    changes: list[StatusChange] = field(default_factory=list)
    struck_off: int = 0
    reversed: int = 0

    def add(self, other: Stored) -> None:
        """Take another part's figures in."""
        self.seen += other.seen
        self.written += other.written
        self.changes += other.changes
        self.struck_off += other.struck_off
        self.reversed += other.reversed


def among(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that ``column`` is one of ``ids`` (sorted); an unbroken range is one comparison."""
    if ids and ids[-1] - ids[0] == len(ids) - 1:
        return column.between(ids[0], ids[-1])
    return column.in_(ids)


def stored_entries(
    session: Session, resident_ids: Sequence[int]
) -> dict[tuple[int, int], Row[Any]]:
    """Return the lines of these residents as they are stored, by (resident, campaign)."""
    columns = [getattr(LedgerEntry, name) for name in STORED]
    question = select(
        LedgerEntry.id,
        LedgerEntry.resident_id,
        LedgerEntry.campaign_id,
        LedgerEntry.restated_on,
        LedgerEntry.status_since,
        *columns,
    ).where(among(LedgerEntry.resident_id, resident_ids))
    rows: Iterable[Row[Any]] = session.execute(question.order_by(LedgerEntry.id))
    return {(row.resident_id, row.campaign_id): row for row in rows}


def store(
    session: Session,
    *,
    lines: Sequence[Line],
    known: dict[tuple[int, int], Row[Any]],
    hand: Hand,
) -> Stored:
    """Write lines that changed, one transition for each change of status, closures and reversals."""
    done = Stored(seen=len(lines))
    fresh = [line for line in lines if (line.resident_id, line.campaign_id) not in known]
    ids = {key: row.id for key, row in known.items()}
    if fresh:
        ids |= _insert_entries(session, fresh, hand)
    changed = _update_entries(session, lines, known, hand)
    done.written = len(fresh) + changed
    for line in lines:
        key = (line.resident_id, line.campaign_id)
        was = known[key].status if key in known else None
        is_back = key in known and not known[key].is_counted
        if was is not line.finding.status or is_back:
            done.changes.append(StatusChange(ids[key], *key, was=was, now=line.finding.status))
    _insert_transitions(session, done.changes, hand)
    _close_and_reverse(session, lines, ids, known, hand, done)
    _forget_loaded(session, {ids[(line.resident_id, line.campaign_id)] for line in lines})
    return done


def leave_ledger(session: Session, *, resident_ids: Sequence[int], hand: Hand) -> int:
    """Take the lines of merged or erased residents out of every list and sum; return how many."""
    rows = session.execute(
        select(LedgerEntry.id, LedgerEntry.status)
        .where(LedgerEntry.resident_id.in_(resident_ids), LedgerEntry.is_counted)
        .order_by(LedgerEntry.id)
    ).all()
    if not rows:
        return 0
    session.execute(
        update(LedgerEntry)
        .where(LedgerEntry.id.in_([row.id for row in rows]))
        .values(is_counted=False, next_contact_on=None, promised_call_at=None, next_action=""),
        execution_options={"synchronize_session": False},
    )
    insert_rows(
        session,
        StatusTransition,
        [
            {
                "entry_id": row.id,
                "from_status": row.status,
                "to_status": row.status,
                "at": hand.now,
                "by_user_id": hand.by,
                "cause": str(hand.cause),
                "facts": {"left": True},
            }
            for row in rows
        ],
    )
    _forget_loaded(session, {row.id for row in rows})
    return len(rows)


def _insert_entries(
    session: Session, lines: Sequence[Line], hand: Hand
) -> dict[tuple[int, int], int]:
    shared = {"status_since": hand.now, "restated_on": hand.day, "version": 1}
    insert_rows(
        session,
        LedgerEntry,
        [
            line.values()
            | shared
            | {"resident_id": line.resident_id, "campaign_id": line.campaign_id}
            for line in lines
        ],
    )
    residents = sorted({line.resident_id for line in lines})
    found = session.execute(
        select(LedgerEntry.id, LedgerEntry.resident_id, LedgerEntry.campaign_id)
        .where(among(LedgerEntry.resident_id, residents))
        .order_by(LedgerEntry.id)
    )
    return {(row.resident_id, row.campaign_id): row.id for row in found}


def _update_entries(
    session: Session, lines: Sequence[Line], known: dict[tuple[int, int], Row[Any]], hand: Hand
) -> int:
    changed: list[dict[str, Any]] = []
    only_newer: list[int] = []
    for line in lines:
        row = known.get((line.resident_id, line.campaign_id))
        if row is None:
            continue
        values = line.values()
        if any(getattr(row, name) != values[name] for name in STORED):
            since = row.status_since if row.status is values["status"] else hand.now
            changed.append(values | {"status_since": since, "entry": row.id})
        elif row.restated_on != hand.day:
            only_newer.append(row.id)
    table = LedgerEntry.__table__
    connection = session.connection()
    if changed:
        # The row's version stays: a form that someone has open is about other columns.
        names: dict[str, Any] = {name: bindparam(name) for name in (*STORED, "status_since")}
        connection.execute(
            update(LedgerEntry.__table__)  # type: ignore[arg-type]
            .where(table.c.id == bindparam("entry"))
            .values(**names, restated_on=hand.day),
            changed,
        )
    if only_newer:
        connection.execute(
            update(LedgerEntry.__table__)  # type: ignore[arg-type]
            .where(table.c.id.in_(only_newer))
            .values(restated_on=hand.day)
        )
    return len(changed)


def _insert_transitions(session: Session, changes: Iterable[StatusChange], hand: Hand) -> None:
    rows = [
        {
            "entry_id": change.entry_id,
            "from_status": change.was,
            "to_status": change.now,
            "at": hand.now,
            "by_user_id": hand.by,
            "cause": str(hand.cause),
            "facts": {"on": hand.day.isoformat()},
        }
        for change in changes
    ]
    insert_rows(session, StatusTransition, rows)


def _close_and_reverse(
    session: Session,
    lines: Sequence[Line],
    ids: dict[tuple[int, int], int],
    known: dict[tuple[int, int], Row[Any]],
    hand: Hand,
    done: Stored,
) -> None:
    standing = _standing_closures(session, [row.id for row in known.values()])
    rows: list[dict[str, Any]] = []
    for line in lines:
        entry_id = ids[(line.resident_id, line.campaign_id)]
        closures = standing.get(entry_id, [])
        rows += [_reversal(c, hand) for c in closures if not _still_proven(c, line)]
        closing = _closure(line, entry_id, closures, hand)
        if closing is not None:
            rows.append(closing)
    insert_rows(session, StrikeOff, rows)
    done.reversed = sum(row["kind"] is StrikeOffKind.REVERSED for row in rows)
    done.struck_off = len(rows) - done.reversed


def _standing_closures(session: Session, entry_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    ids = sorted(entry_ids)
    if not ids:
        return found
    result: Iterable[Row[Any]] = session.execute(
        select(
            StrikeOff.id,
            StrikeOff.entry_id,
            StrikeOff.kind,
            StrikeOff.dose_id,
            StrikeOff.deferral_id,
            StrikeOff.reverses_id,
        )
        .where(among(StrikeOff.entry_id, ids))
        .order_by(StrikeOff.id)
    )
    rows = list(result)
    undone = {row.reverses_id for row in rows if row.reverses_id is not None}
    for row in rows:
        if row.kind is not StrikeOffKind.REVERSED and row.id not in undone:
            found.setdefault(row.entry_id, []).append(row)
    return found


def _still_proven(closure: Row[Any], line: Line) -> bool:
    if closure.kind is StrikeOffKind.EXEMPT:
        return closure.deferral_id in line.exemptions
    return str(closure.dose_id) in line.finding.view.proven.counted_references


def _reversal(closure: Row[Any], hand: Hand) -> dict[str, Any]:
    return {
        "entry_id": closure.entry_id,
        "kind": StrikeOffKind.REVERSED,
        "grade": None,
        "dose_id": closure.dose_id,
        "deferral_id": closure.deferral_id,
        "reverses_id": closure.id,
        "reason": hand.reason or str(hand.cause),
        "by_user_id": hand.by,
        "by_actor": "user" if hand.by is not None else hand.actor,
        "at": hand.now,
    }


def _closure(
    line: Line, entry_id: int, closures: Sequence[Row[Any]], hand: Hand
) -> dict[str, Any] | None:
    """Return the strike-off that a closed line lacks; the dose behind it gives grade and name (N8)."""
    row = {
        "entry_id": entry_id,
        "reverses_id": None,
        "reason": hand.reason or str(hand.cause),
        "at": hand.now,
        "deferral_id": None,
        "dose_id": None,
    }
    if line.finding.status is EntryStatus.EXEMPT:
        if any(c.deferral_id == line.finding.exemption_id for c in closures):
            return None
        return row | {
            # The clinician's decision, seconded, is the evidence: no grade of a dose applies.
            "kind": StrikeOffKind.EXEMPT,
            "grade": None,
            "deferral_id": line.finding.exemption_id,
            "by_user_id": hand.by,
            "by_actor": "user" if hand.by is not None else hand.actor,
        }
    if line.finding.status is not EntryStatus.VACCINATED:
        return None
    proof = line.proofs[line.finding.view.proven.closing_reference]
    if any(c.dose_id == proof.dose_id for c in closures):
        return None
    name = proof.recorded_by if proof.recorded_by is not None else hand.by
    return row | {
        "kind": StrikeOffKind.VACCINATED,
        "grade": proof.grade,
        "dose_id": proof.dose_id,
        "by_user_id": name,
        "by_actor": "user" if name is not None else hand.actor,
    }


def _forget_loaded(session: Session, entry_ids: set[int]) -> None:
    """Make entries that the caller holds read themselves anew: they were written past the session."""
    for loaded in list(session.identity_map.values()):
        if isinstance(loaded, LedgerEntry) and loaded.id in entry_ids:
            session.expire(loaded)
