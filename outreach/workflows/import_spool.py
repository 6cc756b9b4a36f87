"""A community's file as a child process reads it, kept whole where it must be read before it is written."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from outreach.ledger.columns import ColumnMap
from outreach.ledger.import_batches import remembered_columns
from outreach.ledger.ledger_file import FileHead, FileSource, head_of, start
from outreach.ledger.outcome import RowOutcome, SkippedRow, unpack
from outreach.ledger.parsing import Frame
from outreach.ledger.reading import LIMITS
from outreach.places.queries import place_rules


@dataclass(slots=True)
class Spool:
    """A file being read by its child. ``read_whole`` keeps it, small in memory, before anything is written:
    a file that turns out broken half-way then changes nothing. Otherwise rows come as the child makes them.
    """

    head: FileHead
    frames: Iterator[Frame]
    pieces: list[bytes] = field(default_factory=list)
    questions: tuple[str, ...] = ()
    people: int = 0
    skipped: int = 0
    is_whole: bool = False

    def read_whole(self) -> None:
        """Read to the end; UnreadableFile where the file breaks off."""
        for content in self._live():
            self.pieces.append(zlib.compress(marshal.dumps(content), 1))
        self.is_whole = True

    def rows(self) -> Iterator[list[RowOutcome | SkippedRow]]:
        """Yield the rows, some hundreds at a time; a whole file may be asked again."""
        for content in self._kept() if self.is_whole else self._live():
            yield [unpack(item) for item in content]

    def _kept(self) -> Iterator[list[Any]]:
        for piece in self.pieces:
            yield marshal.loads(zlib.decompress(piece))  # noqa: S302 - written by this process

    def _live(self) -> Iterator[list[Any]]:
        for name, content in self.frames:
            if name == "tail":
                self.questions = tuple(content["questions"])
                continue
            self.people += sum(len(item) > 3 for item in content)
            self.skipped += sum(len(item) == 3 for item in content)
            yield content


def open_spool(
    session: Session,
    *,
    source: FileSource,
    filename: str,
    as_of: date,
    community_id: int,
    columns: ColumnMap | None = None,
    sheet: str = "",
) -> Spool:
    """Start reading a file in a child process; UnreadableFile where it or the sheet cannot be read."""
    frames = start(
        "ledger",
        source,
        as_of=as_of,
        place=place_rules(session),
        column_map=columns,
        sheet=sheet or None,
        remembered=remembered_columns(session, community_id=community_id),
        limits=LIMITS,
    )
    return Spool(head_of(next(frames), filename), frames)
