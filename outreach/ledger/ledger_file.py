"""Reading a whole ledger file: previewed, streamed row by row, or read at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from outreach.kernel.place import PlaceRules
from outreach.ledger.columns import ColumnMap
from outreach.ledger.outcome import Outcome, RowOutcome, SkippedRow, unpack
from outreach.ledger.parse_child import parse_in_child
from outreach.ledger.parsing import Frame, request
from outreach.ledger.reading import LIMITS, MIB, Limits, UnreadableFile

FileSource = Path | str | bytes


@dataclass(frozen=True, slots=True)
class FileHead:
    """What is known of a file before its rows: its sheet, its columns, what to ask about it.

    ``notes`` are codes such as ``formulas_without_values``; ``other_sheets`` have a name column too.
    """

    filename: str
    kind: str
    encoding: str
    sheet: str
    sheets: tuple[str, ...]
    other_sheets: tuple[str, ...]
    rows_expected: int
    is_1904: bool | None
    notes: tuple[str, ...]
    columns: ColumnMap | None
    sample: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """A whole ledger file, read."""

    head: FileHead
    rows: tuple[RowOutcome, ...]
    skipped: tuple[SkippedRow, ...]
    questions: tuple[str, ...]

    @property
    def rows_by_outcome(self) -> dict[str, int]:
        """Return how many rows have each outcome."""
        return dict(Counter(str(r.outcome) for r in self.rows))

    @property
    def dated_doses(self) -> int:
        """Return the doses of the rows that enter the ledger."""
        return sum(len(r.values.doses) for r in self.rows if r.is_in_ledger)


@dataclass(slots=True)
class LedgerStream:
    """A ledger file being read: iterate once; ``questions`` and ``skipped`` fill on the way."""

    head: FileHead
    _frames: Iterator[Frame]
    questions: tuple[str, ...] = ()
    skipped: list[SkippedRow] = field(default_factory=list)

    def __iter__(self) -> Iterator[RowOutcome]:
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[list[RowOutcome]]:
        """Yield the data rows as they arrive, some hundreds at a time."""
        for name, content in self._frames:
            if name == "tail":
                self.questions = tuple(content["questions"])
                continue
            people: list[RowOutcome] = []
            for plain in content:
                item = unpack(plain)
                if isinstance(item, SkippedRow):
                    self.skipped.append(item)
                else:
                    people.append(item)
            if people:
                yield people

    def close(self) -> None:
        """Stop reading; the child ends."""
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()


def open_ledger(
    source: FileSource,
    *,
    filename: str,
    as_of: date,
    place: PlaceRules,
    column_map: ColumnMap | None = None,
    sheet: str | None = None,
    remembered: Mapping[str, Mapping[str, Any]] | None = None,
    limits: Limits = LIMITS,
) -> LedgerStream:
    """Start reading a ledger: a path, the bytes of a file, or text pasted from a spreadsheet."""
    frames = start(
        "ledger",
        source,
        as_of=as_of,
        place=place,
        column_map=column_map,
        sheet=sheet,
        remembered=remembered,
        limits=limits,
    )
    return LedgerStream(head_of(next(frames), filename), frames)


def read_ledger(
    source: FileSource,
    *,
    filename: str,
    as_of: date,
    place: PlaceRules,
    column_map: ColumnMap | None = None,
    sheet: str | None = None,
    limits: Limits = LIMITS,
) -> LedgerReading:
    """Read a whole ledger at once; for big files iterate ``open_ledger`` instead."""
    stream = open_ledger(
        source,
        filename=filename,
        as_of=as_of,
        place=place,
        column_map=column_map,
        sheet=sheet,
        limits=limits,
    )
    rows = tuple(stream)
    return LedgerReading(stream.head, rows, tuple(stream.skipped), stream.questions)


def preview_file(
    source: FileSource,
    *,
    filename: str,
    as_of: date,
    place: PlaceRules,
    sheet: str | None = None,
    remembered: Mapping[str, Mapping[str, Any]] | None = None,
    limits: Limits = LIMITS,
) -> FileHead:
    """Return the guessed columns and the first rows, for a person to confirm or change."""
    frames = start(
        "preview",
        source,
        as_of=as_of,
        place=place,
        column_map=None,
        sheet=sheet,
        remembered=remembered,
        limits=limits,
    )
    return head_of(next(frames), filename)


def start(
    kind: str,
    source: FileSource,
    *,
    as_of: date,
    place: PlaceRules,
    column_map: ColumnMap | None,
    sheet: str | None,
    remembered: Mapping[str, Mapping[str, Any]] | None,
    limits: Limits,
) -> Iterator[Frame]:
    """Start a child on a source and return its frames."""
    is_text = isinstance(source, str)
    wanted = request(
        as_of=as_of,
        place=place,
        column_map=column_map,
        sheet=sheet,
        is_text=is_text,
        limits=limits,
        remembered=remembered,
    )
    return parse_in_child(kind, _bytes_of(source, limits), wanted)


def head_of(frame: Frame, filename: str) -> FileHead:
    """Read the first frame of a file."""
    _, head = frame
    return FileHead(
        filename=filename,
        kind=head["kind"],
        encoding=head["encoding"],
        sheet=head["sheet"],
        sheets=tuple(head["sheets"]),
        other_sheets=tuple(head["other_sheets"]),
        rows_expected=head["rows_expected"],
        is_1904=head["is_1904"],
        notes=tuple(head["notes"]),
        columns=ColumnMap.from_json(head["columns"]) if head["columns"] else None,
        sample=tuple((n, tuple(cells)) for n, cells in head["sample"]),
    )


def _bytes_of(source: FileSource, limits: Limits) -> bytes:
    if isinstance(source, Path):
        # Looked at before it is read: a file of any size may lie at the path.
        if source.stat().st_size > limits.packed_bytes:
            raise UnreadableFile("file_too_big", limit_mib=limits.packed_bytes // MIB)
        return source.read_bytes()
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(data) > limits.packed_bytes:
        raise UnreadableFile("file_too_big", limit_mib=limits.packed_bytes // MIB)
    return data


__all__ = [
    "FileHead",
    "LedgerReading",
    "LedgerStream",
    "Outcome",
    "open_ledger",
    "preview_file",
    "read_ledger",
]
