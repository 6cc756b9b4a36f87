"""Backups: what went in comes out, on either database, and nobody without the key reads or alters it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select, text

from outreach.accounts.operations import add_user
from outreach.backups import (
    BackupUnreadable,
    DatabaseNotEmpty,
    OtherKeys,
    backup_key,
    restore_backup,
    write_backup,
)
from outreach.contact.message_models import SendingControl
from outreach.db import Database, make_engine
from outreach.ledger.evidence import Picture, keep_evidence, open_evidence, remove_evidence
from outreach.ledger.new_residents import NewResident, add_residents
from outreach.pictures import FOLDER
from outreach.places.models import Address, Area, Place
from outreach.places.operations import add_area
from outreach.transport.fleet import HelperDraft, add_driver
from outreach.transport.portraits import keep_portrait, portrait_of
from outreach.vault import new_vault

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
KEY = bytes(range(32))


def _fill(database: Database) -> None:
    with database.write() as session:
        session.add(
            Place(name="二七区", key_fingerprint=database.vault.fingerprint(), opens=time(8, 15))
        )
        session.add(SendingControl())
        district = add_area(session, name="区", parent_id=None, point=(34.7, 113.6))
        add_area(session, name="街道", parent_id=district.id)


@pytest.fixture
def copy_of(
    database: Database, empty_database_url: str, tmp_path: Path
) -> tuple[Database, Database, Path]:
    """A filled database, an empty one of each kind, and where the backup goes."""
    _fill(database)
    empty = Database(make_engine(empty_database_url), database.vault)
    return database, empty, tmp_path / "b.backup"


def test_moment_1g_a_restored_copy_holds_the_same_rows_and_keeps_sending_paused(
    copy_of: tuple[Database, Database, Path], tmp_path: Path
) -> None:
    database, empty, file = copy_of
    written = write_backup(database, file, key=KEY, made_at=NOW, papers=tmp_path / "papers")
    assert restore_backup(empty, file, key=KEY, now=NOW, papers=tmp_path / "new papers") == written
    with empty.read() as session:
        place = session.scalars(select(Place)).one()
        assert (place.name, place.opens) == ("二七区", time(8, 15))
        assert [a.parent_id for a in session.scalars(select(Area).order_by(Area.id))] == [None, 1]
        control = session.scalars(select(SendingControl)).one()
        assert control.paused_at == NOW
        assert control.paused_reason == "restored"
    with empty.write() as session:  # ids go on after the restored ones
        assert add_area(session, name="新社区", parent_id=2).id == 3
    empty.close()


def test_a_backup_holds_no_readable_word(tmp_path: Path, database: Database) -> None:
    _fill(database)
    write_backup(database, tmp_path / "b", key=KEY, made_at=NOW, papers=tmp_path / "papers")
    content = (tmp_path / "b").read_bytes()
    assert "二七区".encode() not in content
    assert b"place" not in content


@pytest.mark.parametrize("harm", ["cut off", "altered", "other key", "no backup"])
def test_a_harmed_backup_is_refused(tmp_path: Path, sqlite_url: str, harm: str) -> None:
    database = Database(make_engine(sqlite_url), new_vault())
    _fill(database)
    file, key = tmp_path / "b", KEY
    write_backup(database, file, key=KEY, made_at=NOW, papers=tmp_path / "papers")
    content = file.read_bytes()
    if harm == "cut off":
        file.write_bytes(content[:-40])
    elif harm == "altered":
        file.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])
    elif harm == "other key":
        key = bytes(32)
    else:
        file.write_bytes(b"not one of ours")
    empty = Database(make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}"), database.vault)
    with pytest.raises(BackupUnreadable):
        restore_backup(empty, file, key=key, now=NOW, papers=tmp_path / "new papers")
    empty.close()
    database.close()


def test_a_ledger_in_use_is_never_overwritten(tmp_path: Path, database: Database) -> None:
    _fill(database)
    write_backup(database, tmp_path / "b", key=KEY, made_at=NOW, papers=tmp_path / "papers")
    with pytest.raises(DatabaseNotEmpty):
        restore_backup(database, tmp_path / "b", key=KEY, now=NOW, papers=tmp_path / "new papers")


def test_a_backup_sealed_with_other_keys_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    database = Database(make_engine(sqlite_url), new_vault())
    _fill(database)
    write_backup(database, tmp_path / "b", key=KEY, made_at=NOW, papers=tmp_path / "papers")
    other = Database(make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}"), new_vault())
    with pytest.raises(OtherKeys):
        restore_backup(other, tmp_path / "b", key=KEY, now=NOW, papers=tmp_path / "new papers")
    other.close()
    database.close()


def test_the_backup_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    key = backup_key(tmp_path / "instance" / "backup.key")
    assert key == backup_key(tmp_path / "instance" / "backup.key")
    assert (tmp_path / "instance" / "backup.key").stat().st_mode & 0o777 == 0o600


def test_moment_1g_a_backup_made_before_an_upgrade_is_written_and_read(
    copy_of: tuple[Database, Database, Path], tmp_path: Path
) -> None:
    database, empty, file = copy_of
    with database.write() as session:  # the schema of an older version: no such column yet
        session.execute(text("ALTER TABLE address DROP COLUMN stopped_note"))
        session.execute(
            text(
                "INSERT INTO address (text, building, unit, source_datum,"
                " access_note, version) VALUES ('北街 1 号', '', '', 'wgs84', '', 1)"
            )
        )
    write_backup(database, file, key=KEY, made_at=NOW, papers=tmp_path / "papers")
    restore_backup(empty, file, key=KEY, now=NOW, papers=tmp_path / "new papers")
    with empty.read() as session:
        address = session.scalars(select(Address)).one()
        assert (address.text, address.stopped_note) == ("北街 1 号", "")
    empty.close()


def test_photos_come_back_with_the_rows_and_removed_ones_do_not(
    copy_of: tuple[Database, Database, Path], tmp_path: Path
) -> None:
    database, empty, file = copy_of
    papers = tmp_path / FOLDER
    with database.write() as session:
        user = add_user(session, username="chen", display_name="陈", now=NOW, by=None)
        [person] = add_residents(session, rows=[NewResident("赵桂珍", community_id=2)], now=NOW)
        kept, gone = (
            keep_evidence(
                session,
                picture=Picture(resident_id=person, kind="paper_book", content=content),
                folder=tmp_path,
                by=user.id,
                now=NOW,
            ).id
            for content in (b"\xff\xd8\xff one", b"\xff\xd8\xff two")
        )
        driver = add_driver(session, draft=HelperDraft("姚师傅", area_id=2)).id
        keep_portrait(session, driver_id=driver, content=b"\xff\xd8\xff face", folder=tmp_path)
    with database.write() as session:
        remove_evidence(session, evidence_id=gone, folder=tmp_path, now=NOW)
    write_backup(database, file, key=KEY, made_at=NOW, papers=papers)
    assert b"one" not in file.read_bytes()
    elsewhere = tmp_path / "elsewhere"
    counts = restore_backup(empty, file, key=KEY, now=NOW, papers=elsewhere / FOLDER)
    assert counts["photos"] == 2
    with empty.read() as session:
        assert open_evidence(session, evidence_id=kept, folder=elsewhere)[1].endswith(b"one")
        assert portrait_of(session, driver_id=driver, folder=elsewhere)[1].endswith(b"face")
    empty.close()
