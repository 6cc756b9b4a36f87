"""The audit chain: sealed in order, and any tampering names the row (fault 67)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from outreach.audit.chain import seal_pending, verify
from outreach.audit.models import AuditEntry
from outreach.audit.queries import Wanted, latest, oldest_unsealed_at, who_saw
from outreach.audit.trail import record, record_view
from outreach.db import Database
from tests.builders.office import add_member, build_office

NOW = datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def sealed(database: Database) -> Database:
    """Ten sealed entries and one that waits."""
    with database.write() as session:
        build_office(session)
        user_id = add_member(session, "li")
        for n in range(10):
            record(
                session,
                act="view",
                subject=("resident", n),
                by=user_id,
                now=NOW + timedelta(seconds=n),
                facts={"page": "residents.show", "fields": ["手机号", "phones"], "share": 0.1},
            )
    with database.write() as session:
        assert seal_pending(session, limit=4) == 4
        assert seal_pending(session) == 6
        assert seal_pending(session) == 0
        record(session, act="login", subject=("user", user_id), by=user_id, now=NOW)
    return database


def tamper(database: Database, sequence: int, **values: object) -> None:
    with database.write() as session:
        session.execute(update(AuditEntry).where(AuditEntry.sequence == sequence).values(**values))


def test_an_untouched_chain_holds_and_counts_what_waits(sealed: Database) -> None:
    with sealed.read() as session:
        report = verify(session)
        assert (report.checked, report.unsealed, report.broken) == (10, 1, None)
        assert oldest_unsealed_at(session) == NOW


@pytest.mark.parametrize(
    "values",
    [
        {"user_id": None},
        {"act": "export"},
        {"subject_id": 77},
        {"at": NOW + timedelta(days=1)},
        {"facts": {"page": "elsewhere"}},
        {"reason": "because"},
        {"actor": "system"},
        {"hash": b"\x01" * 32},
    ],
)
def test_fault_67_an_altered_row_is_named(sealed: Database, values: dict[str, object]) -> None:
    tamper(sealed, 5, **values)
    with sealed.read() as session:
        broken = verify(session).broken
        row = session.scalars(select(AuditEntry.id).where(AuditEntry.sequence == 5)).one()
    assert broken is not None
    assert (broken.sequence, broken.entry_id, broken.fault) == (5, row, "altered")


def test_fault_67_a_removed_row_is_named(sealed: Database) -> None:
    with sealed.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.sequence == 5))
    with sealed.read() as session:
        broken = verify(session).broken
    assert broken is not None
    assert (broken.sequence, broken.fault) == (5, "missing")


def test_fault_67_closing_the_gap_of_a_removed_row_does_not_hide_it(sealed: Database) -> None:
    with sealed.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.sequence == 5))
        for sequence in range(6, 11):
            session.execute(
                update(AuditEntry)
                .where(AuditEntry.sequence == sequence)
                .values(sequence=sequence - 1)
            )
    with sealed.read() as session:
        broken = verify(session).broken
    assert broken is not None
    assert (broken.sequence, broken.fault) == (5, "reordered")


def test_fault_67_whoever_lacks_the_key_cannot_forge_a_seal(sealed: Database) -> None:
    import hashlib

    with sealed.read() as session:
        previous = session.scalars(select(AuditEntry.hash).where(AuditEntry.sequence == 9)).one()
    forged = hashlib.sha256((previous or b"") + b"a better story").digest()
    tamper(sealed, 10, act="nothing_happened", hash=forged)
    with sealed.read() as session:
        broken = verify(session).broken
    assert broken is not None
    assert broken.sequence == 10


def test_rows_cut_off_the_end_show_against_a_head_noted_elsewhere(sealed: Database) -> None:
    with sealed.read() as session:
        report = verify(session)
    with sealed.write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.sequence >= 9))
    with sealed.read() as session:
        assert verify(session).broken is None
        broken = verify(session, known_head=(report.head_sequence, report.head)).broken
    assert broken is not None
    assert (broken.sequence, broken.fault) == (9, "cut_off")


def test_a_rolled_back_act_leaves_no_trace(database: Database) -> None:
    def act_that_fails() -> None:
        with database.write() as session:
            build_office(session)
            record(session, act="export", subject=("resident", 1), by=None, now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act_that_fails()
    with database.read() as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_who_has_seen_a_person_is_told_by_name_of_account_and_kind_of_link(
    database: Database,
) -> None:
    with database.write() as session:
        build_office(session)
        li, wu = add_member(session, "li"), add_member(session, "wu")
        for minutes, by in [(0, li), (5, wu), (9, li)]:
            record_view(
                session,
                subject=("resident", 7),
                by=by,
                now=NOW + timedelta(minutes=minutes),
                page="residents.show",
            )
        record_view(
            session,
            subject=("resident", 7),
            by=None,
            actor="family_link",
            now=NOW + timedelta(minutes=20),
            page="family.show",
        )
        record_view(session, subject=("resident", 8), by=wu, now=NOW, page="residents.show")
    with database.read() as session:
        seen = who_saw(session, subject=("resident", 7))
    assert [(s.user_id, s.actor, s.times) for s in seen] == [
        (None, "family_link", 1),
        (li, "user", 2),
        (wu, "user", 1),
    ]


def test_entries_are_listed_newest_first_by_what_is_asked(sealed: Database) -> None:
    with sealed.read() as session:
        all_of_them = latest(session, wanted=Wanted())
        assert [entry.act for entry in all_of_them][:2] == ["login", "view"]
        assert [e.subject_id for e in latest(session, wanted=Wanted(act="view"), limit=3)] == [
            9,
            8,
            7,
        ]
        older = latest(session, wanted=Wanted(before_id=all_of_them[8].id))
        assert [entry.subject_id for entry in older] == [1, 0]
        assert latest(session, wanted=Wanted(users=frozenset())) == []
