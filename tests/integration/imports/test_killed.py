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
    rows = many(ROWS)
    rows[7]["身份证号"] = "410103193503080020"
    file = tmp_path / "ledger.csv"
    file.write_bytes(csv_file(rows))
    subprocess.run(
        [sys.executable, "-m", "outreach", "init"], env=environment, cwd=PROJECT, check=True
    )
    database = opened()
    chance = random.Random(41)
    killed = 0
    for _ in range(KILLS):
        began = start(environment, file)
        wait_for_batch(database, began)
        time.sleep(chance.random() * 4)
        if began.poll() is None:
            os.killpg(began.pid, signal.SIGKILL)
            killed += 1
        began.communicate()
        check_marker(database)
    assert killed
    last = start(environment, file)
    out, _err = last.communicate(timeout=300)
    assert last.returncode == 0
    answer = json.loads(out)
    assert len(answer["rows"]) == ROWS
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Resident)) == ROWS - 1
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == ROWS - 1
        assert session.scalar(select(func.count()).select_from(Dose)) == 2 * (ROWS - 1)
        assert session.scalar(select(func.count(Resident.id_index.distinct()))) == ROWS - 1
        states = session.scalars(select(ImportBatch.state)).all()
        rows_kept = session.execute(
            select(ImportRow.batch_id, func.count()).group_by(ImportRow.batch_id)
        ).all()
    assert set(states) == {BatchState.COMMITTED}
    assert {count for _batch, count in rows_kept} == {ROWS}


def start(environment: dict[str, str], file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "outreach", "import", str(file)),
            *("--community", "棉东社区", "--as-of", "2026-12-01", "--json"),
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
        with database.read() as session:
            begun = session.scalar(
                select(func.count())
                .select_from(ImportBatch)
                .where(ImportBatch.state == BatchState.COMMITTING)
            )
        if begun or process.poll() is not None:
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
