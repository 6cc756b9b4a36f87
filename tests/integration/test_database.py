"""The database recipes: no concurrent update is lost, whatever the database (design §7)."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from outreach.campaigns.models import Vaccine
from outreach.db import Database, make_engine
from outreach.places.models import Place
from outreach.tasks.models import Task
from outreach.vault import Vault, new_vault

PROCESSES = 4
UPDATES = 250


def _add_many(url: str, vault: Vault) -> None:
    database = Database(make_engine(url), vault)
    for _ in range(UPDATES):
        with database.write() as session:
            place = session.get_one(Place, 1, with_for_update=True)
            place.clock_offset_s = place.clock_offset_s + 1
    database.close()


def test_four_processes_of_250_read_then_write_updates_lose_nothing(database_url: str) -> None:
    vault = new_vault()
    database = Database(make_engine(database_url), vault)
    with database.write() as session:
        session.add(Place(id=1, name="P"))
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_add_many, args=(database_url, vault)) for _ in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=240)
        assert worker.exitcode == 0
    with database.read() as session:
        assert session.get_one(Place, 1).clock_offset_s == PROCESSES * UPDATES
    database.close()


def test_a_failing_act_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:  # noqa: PT012 - the act fails midway
        session.add(Vaccine(code="x", name_zh="x", name_en="x"))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM vaccine")) == 0


def test_a_reading_never_writes(database: Database) -> None:
    with database.read() as session:
        session.add(Vaccine(code="x", name_zh="x", name_en="x"))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM vaccine")) == 0


def test_instants_come_back_as_aware_utc_and_naive_ones_are_refused(database: Database) -> None:
    asked_at = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    with database.write() as session:
        session.add(Task(kind="k", asked_at=asked_at))
    with database.read() as session:
        assert session.get_one(Task, 1).asked_at == asked_at
    with pytest.raises((StatementError, ValueError)), database.write() as session:
        session.add(Task(kind="k", asked_at=asked_at.replace(tzinfo=None)))


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text("INSERT INTO escort_knows (escort_id, resident_id) VALUES (1, 1)"))


def test_fault_14_an_act_is_repeated_when_the_database_says_deadlock(database: Database) -> None:
    turns = []

    class Deadlock(Exception):
        sqlstate = "40P01"

    def do(session: object) -> str:
        turns.append(session)
        if len(turns) < 3:
            raise DBAPIError("UPDATE", {}, Deadlock())
        return "done"

    assert database.act(do) == "done"
    assert len(turns) == 3
