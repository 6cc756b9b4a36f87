"""kill -9 at random points of an import: resumed without loss, nothing twice, never half without a marker."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.db import Database
from outreach.ledger.codes import BatchState
from outreach.ledger.entry_models import Dose, LedgerEntry
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.models import Resident
from tests.conftest import PROJECT
from tests.integration.imports.files import csv_file, many

ROWS = 5000
KILLS = int(os.environ.get("IMPORT_KILLS", "3"))


def test_fault_41_an_import_killed_at_any_point_goes_on_and_nothing_is_there_twice(
    environment: dict[str, str], tmp_path: Path, opened: Callable[[], Database]
) -> None:
    """Kill KILLS imports before their end; whichever got through is followed by another file."""
    subprocess.run(
        [sys.executable, "-m", "outreach", "init"], env=environment, cwd=PROJECT, check=True
    )
    database = opened()
    chance = random.Random(41)
    files, killed = [write_file(tmp_path, 0)], 0
    while killed < KILLS:
        began = start(environment, files[-1])
        wait_for_batch(database, began)
        time.sleep(chance.random() * 4)
        if began.poll() is None:
            os.killpg(began.pid, signal.SIGKILL)
        began.communicate()
        check_marker(database)
        if is_at_work(database):
            killed += 1
        else:
            files.append(write_file(tmp_path, len(files)))
    last = start(environment, files[-1])
    out, _err = last.communicate(timeout=300)
    assert last.returncode == 0
    answer = json.loads(out)
    assert len(answer["rows"]) == ROWS
    people = ROWS * len(files) - 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Resident)) == people
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == people
        assert session.scalar(select(func.count()).select_from(Dose)) == 2 * people
        assert session.scalar(select(func.count(Resident.id_index.distinct()))) == people
        states = session.scalars(select(ImportBatch.state)).all()
        rows_kept = session.execute(
            select(ImportRow.batch_id, func.count()).group_by(ImportRow.batch_id)
        ).all()
    assert states == [BatchState.COMMITTED] * len(files)
    assert {count for _batch, count in rows_kept} == {ROWS}


def write_file(folder: Path, number: int) -> Path:
    """Write a file of people whom no other file names; the first holds one number that is wrong."""
    rows = many(ROWS, start=number * ROWS)
    if number == 0:
        rows[7]["身份证号"] = "410103193503080020"
    file = folder / f"ledger-{number}.csv"
    file.write_bytes(csv_file(rows))
    return file


def is_at_work(database: Database) -> bool:
    """Return whether a batch has not come to its end."""
    with database.read() as session:
        unfinished = select(ImportBatch.id).where(ImportBatch.state != BatchState.COMMITTED)
        return session.scalars(unfinished).first() is not None


def start(environment: dict[str, str], file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "outreach", "import", str(file)),
            # A community of its own: people whom nobody there knows would stop the file (match rate).
            *("--community", file.stem, "--as-of", "2026-12-01", "--json"),
        ],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def wait_for_batch(database: Database, process: subprocess.Popen[str]) -> None:
    """Wait until the import has begun, or is over already."""
    for _ in range(600):
        if is_at_work(database) or process.poll() is not None:
            return
        time.sleep(0.05)
    pytest.fail("the import never began")


def check_marker(database: Database) -> None:
    """Whatever is in the ledger stands below the marker of a batch that says what it is."""
    with database.read() as session:
        for batch in session.scalars(select(ImportBatch)):
            assert batch.state in (BatchState.COMMITTING, BatchState.COMMITTED)
            highest = session.scalar(
                select(func.max(ImportRow.row_number)).where(ImportRow.batch_id == batch.id)
            )
            assert (highest or 0) == batch.landed_through
        people = session.scalar(select(func.count()).select_from(Resident))
        tied = session.scalar(select(func.count(ImportRow.resident_id.distinct())))
        assert people == tied
