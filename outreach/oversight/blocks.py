"""PURE: tables of measured work: titled, defined, with cells that open the people they count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from outreach.kernel.codes import Coded
from outreach.oversight.smallcells import is_small


class Unit(StrEnum):
    """What a cell is measured in."""

    PEOPLE = "people"
    COUNT = "count"
    SHARE = "share"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    KM = "km"
    MONEY = "money"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Measured:
    """One number; ``opens`` names the list of exactly its people, empty where it counts no people."""

    value: float | None
    unit: Unit = Unit.COUNT
    opens: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One row of a block."""

    label: str
    cells: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One table with its title, what it means, and its columns."""

    code: str
    title: Coded
    meaning: Coded
    columns: tuple[Coded, ...]
    rows: tuple[BlockRow, ...]
    chart: tuple[int, ...] = ()  # columns that are drawn


def people(value: int, opens: str) -> Measured:
    """Return a number of people that opens."""
    return Measured(value, Unit.PEOPLE, opens)


def count(value: float) -> Measured:
    """Return a number of acts."""
    return Measured(value)


def part(value: float, whole: float) -> Measured:
    """Return a share; None without a whole."""
    return Measured(value / whole if whole else None, Unit.SHARE)


def measured(value: float | None, unit: Unit) -> Measured:
    """Return a measured quantity."""
    return Measured(value, unit)


def closed(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks for readers without names: nothing opens, rows with small numbers tell nothing.

    No column carries a total, so hiding the row is enough; a share beside it would give it away.
    """
    return tuple(replace(b, rows=tuple(_closed_row(row) for row in b.rows)) for b in blocks)


def _closed_row(row: BlockRow) -> BlockRow:
    small = any(
        cell.unit in {Unit.PEOPLE, Unit.COUNT} and cell.value and is_small(int(cell.value))
        for cell in row.cells
    )
    cells = tuple(
        Measured(None, cell.unit, is_hidden=True) if small else replace(cell, opens="")
        for cell in row.cells
    )
    return BlockRow(row.label, cells)


def median(values: Sequence[float]) -> float | None:
    """Return the middle value; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
