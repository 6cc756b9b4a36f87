"""Commands about the ledger's people: import a community's ledger, reconcile with an official list."""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from outreach.cli.database import open_services
from outreach.cli.output import answer, say
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.kernel.process import process_name
from outreach.ledger.codes import RowKind
from outreach.ledger.import_rows import Landed
from outreach.ledger.reading import UnreadableFile
from outreach.places.queries import business_clock, local_day
from outreach.workflows.import_hand import Hand
from outreach.workflows.import_ledger import Incoming, import_file


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    load = commands.add_parser("import", help="bring a community's spreadsheet into the ledger")
    _file_and_day(load)
    load.add_argument("--community", required=True, help="its name; an unknown one is created")
    load.add_argument("--force", action="store_true", help="also when few of its people match")
    load.set_defaults(run=_import)
    reconcile = commands.add_parser("reconcile", help="compare with an official list of doses")
    _file_and_day(reconcile)
    reconcile.add_argument("--community", help="look only at this community's people")
    reconcile.set_defaults(run=_reconcile)


def _file_and_day(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path)
    command.add_argument("--sheet", default="", help="of a workbook; default the fullest header")
    command.add_argument("--as-of", type=_day, help="the day of the list; default today")
    command.add_argument(
        "--json", action="store_true", help="print the result as JSON (the only form)"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2026-12-01") from None


def _import(options: argparse.Namespace) -> int:
    _check_file(options.file)
    database = open_services().database
    rows: list[bytes] = []

    def print_later(piece: Sequence[Landed]) -> None:
        # Packed: a hundred thousand rows as objects, or even as text, would outweigh everything else.
        if piece:
            text = json.dumps([_row(item) for item in piece], ensure_ascii=False)[1:-1]
            rows.append(zlib.compress(text.encode(), 1))

    now, today = _now(database)
    done = import_file(
        database,
        file=Incoming(
            source=options.file,
            filename=options.file.name,
            community=options.community,
            as_of=options.as_of or today,
            is_forced=options.force,
            sheet=options.sheet,
        ),
        hand=_hand(now),
        on_piece=print_later,
    )
    database.close()
    summary = {
        "batch": done.batch_id,
        "committed": True,
        "created": done.counts.get(f"kind:{RowKind.NEW}", 0),
        "unchanged": done.counts.get(f"kind:{RowKind.UNCHANGED}", 0),
        "changed": done.counts.get(f"kind:{RowKind.CHANGED}", 0),
        "questions": list(done.questions),
        "notes": list(done.head.notes),
        "other_sheets": list(done.head.other_sheets),
    }
    _print_rows(rows, summary)
    _tell_other_sheets(done.head.sheet, done.head.other_sheets)
    return 0


def _tell_other_sheets(sheet: str, others: Sequence[str]) -> None:
    """Say that a workbook holds more people than were read."""
    if others:
        say(f"read: sheet {sheet}; NOT read: {', '.join(others)} (read them with --sheet NAME)")


def _print_rows(rows: Sequence[bytes], summary: dict[str, Any]) -> None:
    """Print one JSON object, the rows first, without ever holding it whole."""
    write = sys.stdout.write
    write('{"rows": [')
    for number, packed in enumerate(rows):
        write("," if number else "")
        write(zlib.decompress(packed).decode())
    write("], " + json.dumps(summary, ensure_ascii=False)[1:] + "\n")
    sys.stdout.flush()


def _row(item: Landed) -> dict[str, Any]:
    return {
        "row": item.row.row,
        "outcome": str(item.row.outcome),
        "codes": [*item.row.codes, *item.match.codes],
        "created": item.match.kind is RowKind.NEW,
        "unchanged": item.match.kind is RowKind.UNCHANGED,
        "resident": item.row.resident_json(),
    }


def _reconcile(options: argparse.Namespace) -> int:
    from outreach.workflows.reconcile_doses import reconcile_file

    _check_file(options.file)
    database = open_services().database
    now, today = _now(database)
    result = reconcile_file(
        database,
        source=options.file,
        filename=options.file.name,
        community=options.community,
        as_of=options.as_of or today,
        hand=_hand(now),
        sheet=options.sheet,
    )
    database.close()
    answer(result)
    _tell_other_sheets(result["sheet"], result["other_sheets"])
    return 0


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise UnreadableFile("file_missing", file=path.name)


def _now(database: Database) -> tuple[datetime, date]:
    with database.read() as session:
        now = business_clock(session).now()
        return now, local_day(session, now)


def _hand(now: datetime) -> Hand:
    return Hand(by=None, now=now, holder=process_name(), clock=real_now, actor="command_line")
