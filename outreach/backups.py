"""Backup and restore of all that is kept: one encrypted file, the same for SQLite and PostgreSQL.

A backup is a gzip stream of JSON lines (a header, every row of every table in order of foreign keys,
then the photos, which lie sealed beside the database), cut into blocks that are sealed one by one with
AES-256-GCM; the block number is part of the nonce and of the associated data, so blocks cannot be
dropped, swapped or cut off unseen. The key lies in a file of its own, never in the backup.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update
from sqlalchemy.orm import Session

from outreach.audit.models import AuditEntry
from outreach.audit.trail import record
from outreach.contact.message_models import SendingControl
from outreach.db import Database
from outreach.kernel.errors import OutreachError
from outreach.ledger.entry_models import Evidence
from outreach.pictures import FOLDER
from outreach.places.models import Place
from outreach.schema import is_empty, metadata, upgrade
from outreach.transport.models import Driver

MAGIC = b"OUTREACH-BACKUP-1\n"
BLOCK_BYTES = 1 << 20
NONCE_PREFIX_BYTES = 8
ROWS_AT_ONCE = 1000
KEPT_DAYS = 35
BACKED_UP = "backed_up"
KEY_FILE = "backup.key"
PHOTOS = "photos"
LAST = b"last"
MORE = b"more"


class BackupUnreadable(OutreachError):
    """The file is no backup of ours, was altered or cut off, or its key is another."""


class DatabaseNotEmpty(OutreachError):
    """Restoring would overwrite a ledger; restore into an empty database instead."""


class OtherKeys(OutreachError):
    """The backup's sealed columns belong to other keys than those of this instance."""


def backup_key(path: Path) -> bytes:
    """Return the backup key, made on first use (0600); copy it to a place apart from the backups."""
    if path.exists():
        return base64.b64decode(path.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(32)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(base64.b64encode(key).decode())
    return key


def write_backup(
    database: Database, target: Path, *, key: bytes, made_at: datetime, papers: Path
) -> dict[str, int]:
    """Write a consistent backup to ``target`` (whole or not at all); return rows by table, and photos.

    ``papers`` is the folder of the photos. They come last: one that goes meanwhile is left out.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    counts: dict[str, int] = {}
    with database.read() as session, unfinished.open("wb") as file:
        unfinished.chmod(0o600)
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        fingerprint = session.scalars(select(Place.key_fingerprint).limit(1)).first() or ""
        header = {"made_at": made_at.isoformat(), "keys": fingerprint}
        lines = chain(_lines(connection, header, counts), _photos(session, papers, counts))
        _seal_stream(lines, file, key)
    unfinished.replace(target)
    return counts


def back_up_now(
    database: Database, instance: Path, *, now: datetime, by: int | None = None
) -> dict[str, object]:
    """Write a backup into the instance, named by its moment; note it, and drop those past their time.

    Backups expire after KEPT_DAYS, so that erased people vanish from them as well (PIPL art. 47).
    """
    folder = instance / "backups"
    target = folder / f"outreach-{now:%Y%m%d-%H%M%S}.backup"
    key = backup_key(instance / KEY_FILE)
    counts = write_backup(database, target, key=key, made_at=now, papers=instance / FOLDER)
    with database.write() as session:
        record(
            session,
            act=BACKED_UP,
            subject=("backup", None),
            by=by,
            now=now,
            facts={"rows": sum(counts.values()), "bytes": target.stat().st_size},
            actor="user" if by is not None else "worker",
        )
    for old in sorted(folder.glob("outreach-*.backup")):
        if datetime.fromtimestamp(old.stat().st_mtime, tz=UTC) < now - timedelta(days=KEPT_DAYS):
            old.unlink()
    return {"file": str(target), "rows": sum(counts.values())}


def last_backup_at(session: Session) -> datetime | None:
    """Return when the last backup succeeded, or None."""
    question = select(func.max(AuditEntry.at)).where(AuditEntry.act == BACKED_UP)
    return session.scalar(question)


def restore_backup(
    database: Database, source: Path, *, key: bytes, now: datetime, papers: Path
) -> dict[str, int]:
    """Fill an empty database, and the folder of photos, from ``source``.

    Sending stays paused until a person resumes (fault 65).
    """
    if not is_empty(database.engine):
        with database.read() as session:
            if session.scalar(select(func.count()).select_from(Place)):
                raise DatabaseNotEmpty
    lines = _open_stream(source, key)
    header = json.loads(next(lines))
    if header["keys"] and header["keys"] != database.vault.fingerprint():
        raise OtherKeys
    upgrade(database.engine)
    with database.write() as session:
        counts = _fill(session.connection(), lines, papers)
        session.execute(update(SendingControl).values(paused_at=now, paused_reason="restored"))
        if not session.scalar(select(func.count()).select_from(SendingControl)):
            session.add(SendingControl(paused_at=now, paused_reason="restored"))
    return counts


def _lines(
    connection: Connection, header: dict[str, str], counts: dict[str, int]
) -> Iterator[bytes]:
    yield json.dumps(header).encode() + b"\n"
    present = inspect(connection)
    for table in metadata().sorted_tables:
        if not present.has_table(table.name):
            continue
        counts[table.name] = 0
        # Before an upgrade the database knows fewer columns than this version of the product.
        known = {column["name"] for column in present.get_columns(table.name)}
        columns = [column for column in table.columns if column.name in known]
        names = [column.name for column in columns]
        yield json.dumps({"table": table.name, "columns": names}).encode() + b"\n"
        order = list(table.primary_key.columns)
        result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(
            select(*columns).order_by(*order)
        )
        for row in result:
            counts[table.name] += 1
            yield json.dumps([_plain(v) for v in row], ensure_ascii=False).encode() + b"\n"


def _photos(session: Session, papers: Path, counts: dict[str, int]) -> Iterator[bytes]:
    counts[PHOTOS] = 0
    for name in _names_of_photos(session):
        path = papers / name
        if path.exists():
            counts[PHOTOS] += 1
            sealed = base64.b64encode(path.read_bytes()).decode()
            yield json.dumps({"photo": name, "sealed": sealed}).encode() + b"\n"


def _names_of_photos(session: Session) -> Iterator[str]:
    """Name every photo that a row stands for; before an upgrade the database knows fewer of them."""
    present = inspect(session.connection())
    if present.has_table(Evidence.__tablename__):
        yield from session.scalars(select(Evidence.uuid).where(Evidence.removed_at.is_(None)))
    if present.has_table(Driver.__tablename__):
        known = {column["name"] for column in present.get_columns(Driver.__tablename__)}
        if Driver.portrait.key in known:
            yield from session.scalars(select(Driver.portrait).where(Driver.portrait != ""))


def _put_photo(papers: Path, photo: dict[str, str]) -> None:
    papers.mkdir(mode=0o700, parents=True, exist_ok=True)
    (papers / UUID(photo["photo"]).hex).write_bytes(base64.b64decode(photo["sealed"]))


def _fill(connection: Connection, lines: Iterator[bytes], papers: Path) -> dict[str, int]:
    tables = metadata().tables
    counts: dict[str, int] = {PHOTOS: 0}
    table: Table | None = None
    names: list[str] = []
    waiting: list[dict[str, Any]] = []
    self_links: list[tuple[Table, dict[str, Any]]] = []
    for line in lines:
        data = json.loads(line)
        if isinstance(data, dict) and "photo" in data:
            _put_photo(papers, data)
            counts[PHOTOS] += 1
            continue
        if isinstance(data, dict):
            _insert(connection, table, waiting, self_links)
            table = tables[data["table"]]
            names = data.get("columns") or [column.name for column in table.columns]
            counts[table.name] = 0
            continue
        if table is None:
            raise BackupUnreadable
        # An older backup fills the columns it knew; what came later takes its default.
        waiting.append({name: _typed(v) for name, v in zip(names, data, strict=True)})
        counts[table.name] += 1
        if len(waiting) >= ROWS_AT_ONCE:
            _insert(connection, table, waiting, self_links)
    _insert(connection, table, waiting, self_links)
    for linked, values in self_links:
        key = [column == values[column.name] for column in linked.primary_key.columns]
        rest = {k: v for k, v in values.items() if k not in linked.primary_key.columns}
        connection.execute(update(linked).where(*key).values(**rest))
    _restart_sequences(connection)
    return counts


def _insert(
    connection: Connection,
    table: Table | None,
    rows: list[dict[str, Any]],
    self_links: list[tuple[Table, dict[str, Any]]],
) -> None:
    if table is None or not rows:
        return
    # A row that points to a later row of its own table gets that link once all rows stand.
    inward = [
        column.name
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]
    keys = [column.name for column in table.primary_key.columns]
    for row in rows:
        links = {name: row[name] for name in inward if row[name] is not None}
        if links:
            self_links.append((table, {**{k: row[k] for k in keys}, **links}))
            row.update(dict.fromkeys(links))
    connection.execute(insert(table), rows)
    rows.clear()


def _restart_sequences(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    for table in metadata().sorted_tables:
        if "id" in table.primary_key.columns:
            quoted = connection.dialect.identifier_preparer.quote(table.name)
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{quoted}', 'id'),"  # noqa: S608 - our names
                    f" (SELECT coalesce(max(id), 0) + 1 FROM {quoted}), false)"
                )
            )


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"i": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"t": value.isoformat()}
    if isinstance(value, (dict, list)):
        return {"j": value}
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "b": base64.b64decode,
    "i": datetime.fromisoformat,
    "d": date.fromisoformat,
    "t": time.fromisoformat,
    "j": lambda content: content,
}


def _typed(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    return _READERS[kind](content)


def _seal_stream(lines: Iterator[bytes], file: io.BufferedWriter, key: bytes) -> None:
    cipher, prefix = AESGCM(key), os.urandom(NONCE_PREFIX_BYTES)
    file.write(MAGIC + prefix)
    packed = io.BytesIO()
    zipped = gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=5)
    number = 0

    def flush(mark: bytes) -> None:
        nonlocal number
        nonce = prefix + number.to_bytes(4, "big")
        sealed = cipher.encrypt(nonce, mark + packed.getvalue(), number.to_bytes(4, "big"))
        file.write(len(sealed).to_bytes(4, "big") + sealed)
        packed.seek(0)
        packed.truncate()
        number += 1

    for line in lines:
        zipped.write(line)
        if packed.tell() >= BLOCK_BYTES:
            flush(MORE)
    zipped.close()
    flush(LAST)


def _open_stream(source: Path, key: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=_BlockReader(source, key)) as unzipped:
        yield from unzipped


class _BlockReader(io.RawIOBase):
    """Reads the sealed blocks of a backup as one stream."""

    def __init__(self, source: Path, key: bytes) -> None:
        self._blocks = _blocks(source, key)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest += block
        taken, self._rest = (
            (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        )
        return taken


def _blocks(source: Path, key: bytes) -> Iterator[bytes]:
    cipher = AESGCM(key)
    with source.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise BackupUnreadable
        prefix = file.read(NONCE_PREFIX_BYTES)
        number, mark = 0, MORE
        while mark == MORE:
            length = file.read(4)
            if len(length) < 4:
                raise BackupUnreadable
            tag = number.to_bytes(4, "big")
            try:
                plain = cipher.decrypt(prefix + tag, file.read(int.from_bytes(length, "big")), tag)
            except InvalidTag as error:
                raise BackupUnreadable from error
            mark = plain[:4]
            yield plain[4:]
            number += 1
