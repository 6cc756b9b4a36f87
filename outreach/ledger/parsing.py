"""From the bytes of a file to a stream of plain frames: what the child process does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from outreach.kernel.place import PlaceRules
from outreach.ledger.cells import cell_text
from outreach.ledger.columns import HEADER_SEARCH_ROWS, ColumnMap, guess_columns
from outreach.ledger.outcome import RowOutcome, pack
from outreach.ledger.reading import (
    Limits,
    Sheet,
    Source,
    UnreadableFile,
    open_source,
    open_text,
    take,
)
from outreach.ledger.repeats import mark_repeats
from outreach.ledger.rows import RowReader
from outreach.ledger.sheet import read_rows

FRAME_ROWS = 500
SAMPLE_ROWS = 30

Frame = tuple[str, Any]


def parse(kind: str, data: bytes, wanted: Mapping[str, Any]) -> Iterator[Frame]:
    """Yield a ``head``, any number of ``rows`` and a ``tail``; errors are raised.

    ``kind`` is ``ledger``, ``official`` or ``preview``; ``wanted`` is what ``request`` made.
    """
    limits = Limits(**wanted["limits"])
    source = (
        open_text(data.decode("utf-8", "surrogatepass"), limits=limits)
        if wanted["is_text"]
        else open_source(data, limits=limits)
    )
    del data
    columns, sheet, first, others = _choose(source, wanted, is_preview=kind == "preview")
    source.let_go()
    yield "head", _head(source, sheet, columns, first, others)
    if kind == "preview" or columns is None:
        return
    place = PlaceRules.from_json(wanted["place"])
    as_of = date.fromisoformat(wanted["as_of"])
    if kind == "official":
        from outreach.ledger.official import official_frames

        yield from official_frames(
            sheet.rows,
            columns,
            merges=sheet.merges,
            as_of=as_of,
            place=place,
            is_1904=source.is_1904,
        )
        return
    yield from _ledger_frames(source, sheet, columns, as_of, place)


def request(
    *,
    as_of: date,
    place: PlaceRules,
    column_map: ColumnMap | None,
    sheet: str | None,
    is_text: bool,
    limits: Limits,
    remembered: Mapping[str, Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """Return what ``parse`` needs beside the bytes, in plain values."""
    return {
        "as_of": as_of.isoformat(),
        "place": place.to_json(),
        "columns": column_map.to_json() if column_map else None,
        "sheet": sheet,
        "is_text": is_text,
        "limits": {name: getattr(limits, name) for name in Limits.__slots__},
        "remembered": dict(remembered or {}),
    }


def _ledger_frames(
    source: Source, sheet: Sheet, columns: ColumnMap, as_of: date, place: PlaceRules
) -> Iterator[Frame]:
    reader = RowReader(columns, as_of=as_of, place=place, is_1904=source.is_1904)
    batch: list[tuple[Any, ...]] = []
    people = 0
    for item in mark_repeats(read_rows(sheet.rows, reader, merges=sheet.merges)):
        people += isinstance(item, RowOutcome)
        batch.append(pack(item))
        if len(batch) == FRAME_ROWS:
            yield "rows", batch
            batch = []
    if batch:
        yield "rows", batch
    if not people:
        raise UnreadableFile("sheet_empty")
    questions = ["date_order"] if reader.saw_unclear_order and not columns.date_order else []
    yield "tail", {"questions": questions}


def _choose(
    source: Source, wanted: Mapping[str, Any], *, is_preview: bool
) -> tuple[ColumnMap | None, Sheet, list[tuple[int, list[Any]]], list[str]]:
    """Choose the sheet (the one asked for, or whose header says most) and its columns."""
    given = ColumnMap.from_json(wanted["columns"]) if wanted["columns"] else None
    if wanted["sheet"] and wanted["sheet"] not in source.sheet_names:
        raise UnreadableFile("sheet_unknown", sheets=", ".join(source.sheet_names))
    asked = wanted["sheet"] or (given.sheet if given else "")
    is_asked = asked in source.sheet_names
    # Who confirms the columns is told of every sheet with people, whichever is read.
    names = [asked] if is_asked and not is_preview else list(source.sheet_names)
    best: tuple[ColumnMap | None, Sheet, list[tuple[int, list[Any]]]] | None = None
    with_people: list[str] = []
    for name in names:
        sheet = source.sheet(name)
        first, sheet.rows = take(sheet.rows, HEADER_SEARCH_ROWS)
        guess = given or guess_columns(
            first, sheet=name, merges=sheet.merges, remembered=wanted["remembered"]
        )
        if guess is not None:
            with_people.append(name)
        if is_asked and name != asked:
            continue
        if best is None or _rank(guess, sheet) > _rank(best[0], best[1]):
            best = guess, sheet, first
    if best is None:
        raise UnreadableFile("sheet_empty")
    columns, sheet, first = best
    if columns is None and not is_preview:
        is_empty = not any(c not in ("", None) for _, cells in first for c in cells)
        raise UnreadableFile("sheet_empty" if is_empty else "no_name_column")
    if columns is not None and columns.sheet != sheet.name:
        columns = replace(columns, sheet=sheet.name)
    return columns, sheet, first, [n for n in with_people if n != sheet.name]


def _rank(columns: ColumnMap | None, sheet: Sheet) -> tuple[int, int]:
    return (len(set(columns.fields.values())) if columns else 0, sheet.height)


def _head(
    source: Source,
    sheet: Sheet,
    columns: ColumnMap | None,
    first: list[tuple[int, list[Any]]],
    others: list[str],
) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "encoding": source.encoding,
        "sheet": sheet.name,
        "sheets": list(source.sheet_names),
        "other_sheets": others,
        "rows_expected": sheet.height,
        "is_1904": source.is_1904,
        "notes": list(source.notes),
        "columns": columns.to_json() if columns else None,
        "sample": [(n, [cell_text(c) for c in cells]) for n, cells in first[:SAMPLE_ROWS]],
    }
