"""Ledger files made for one case each, and the acts on them as a page or a command calls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from outreach.db import Database
from outreach.kernel.identity import check_digit
from outreach.ledger.import_rows import Landed
from outreach.ledger.models import Resident
from outreach.schema import metadata
from outreach.workflows.import_hand import Hand
from outreach.workflows.import_ledger import Imported, Incoming, import_file
from tests.builders.ledger import NOW, Village, build_village

AS_OF = date(2026, 11, 23)
HEADER = ("姓名", "性别", "身份证号", "现住址", "联系电话", "第一针", "第二针", "加强针", "备注")


def id_number(born: date = date(1935, 3, 8), serial: int = 2) -> str:
    """Return a valid number of somebody invented; an even serial is a woman's."""
    first = f"410103{born:%Y%m%d}{serial:03d}"
    return first + check_digit(first)


def person(**changes: str) -> dict[str, str]:
    """Return the cells of one elder; ``changes`` are columns by header."""
    plain = {
        "姓名": "赵桂兰",
        "性别": "女",
        "身份证号": id_number(),
        "现住址": "棉纺东路12号院10号楼3单元304",
        "联系电话": "13900000001",
        "第一针": "2021-05-01",
        "第二针": "2021-06-14",
        "加强针": "",
        "备注": "",
    }
    return plain | changes


def many(count: int, *, start: int = 0) -> list[dict[str, str]]:
    """Return different elders; no two of the first million share a number."""
    return [
        person(
            姓名="王李张刘陈杨"[i % 6] + "秀英玉兰桂珍凤金"[i % 8] + "建国志远长海"[i % 6],
            身份证号=id_number(
                date(1930, 1, 1) + timedelta(days=i % 3000), 2 * ((i + i // 6000) % 400)
            ),
            现住址=f"棉纺东路{i // 20 + 1}号院{i % 20 + 1}号楼1单元{i % 6 + 1}01",
            联系电话=f"139{i:08d}",
        )
        for i in range(start, start + count)
    ]


def csv_file(rows: Sequence[dict[str, str]], *, header: Sequence[str] = HEADER) -> bytes:
    """Return the rows as a file with a header."""
    lines = [list(header), *([row.get(h, "") for h in header] for row in rows)]
    return "\n".join(",".join(_quoted(cell) for cell in line) for line in lines).encode()


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in ',"\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@dataclass(slots=True)
class Ledgers:
    """Imports into a village, each by its own process as far as the lease knows."""

    database: Database
    village: Village
    now: datetime = NOW
    real: datetime = NOW
    landed: list[Landed] = field(default_factory=list)

    def bring(
        self,
        rows: Sequence[dict[str, str]] | bytes,
        *,
        community: str = "棉东社区",
        name: str = "one",
        **options: Any,
    ) -> Imported:
        """Import rows or a file as the command line does."""
        self.landed = []
        return import_file(
            self.database,
            file=Incoming(
                source=rows if isinstance(rows, bytes) else csv_file(rows),
                filename="ledger.csv",
                community=community,
                as_of=AS_OF,
                **options,
            ),
            hand=self.hand(name),
            on_piece=self.landed.extend,
        )

    def hand(self, name: str = "one") -> Hand:
        """Return the hand of a process of this name."""
        return Hand(by=self.village.worker, now=self.now, holder=name, clock=lambda: self.real)

    def people(self) -> int:
        """Return how many people the ledger holds."""
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(Resident)) or 0

    def kinds(self) -> list[str]:
        """Return what became of each row of the last file."""
        return [str(item.match.kind) for item in self.landed]


def open_ledgers(database: Database) -> Ledgers:
    """Make the village on an empty database."""
    metadata().create_all(database.engine)
    with database.write() as session:
        return Ledgers(database, build_village(session))
