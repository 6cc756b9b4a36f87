"""Writes docs/states.md from the tables the product itself obeys: ``python -m tests.states_document``."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from enum import StrEnum
from pathlib import Path

import outreach
from outreach.ledger.codes import STATUS_LABELS
from outreach.ledger.rules import CLAUSES

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "states.md"
Moves = dict[StrEnum, frozenset[StrEnum]]
_ABOUT_LINES = (
    "A line's status is computed from facts by one pure function (`outreach/ledger/rules.py`). The"
    " clauses are read from the top; the first that holds decides. Any status can follow any other,"
    " because facts may change in any way; each change leaves a transition that names the act, the"
    " time and the person. Struck off are *vaccinated* and *exempt*; due are *to contact*,"
    " *considering* and *agreed*; *not yet eligible* and *deceased* stand beside the denominator."
)


def moves() -> dict[str, Moves]:
    """Return every table of allowed moves of the product, by the name of its states."""
    found: dict[str, Moves] = {}
    for package in pkgutil.iter_modules(outreach.__path__, "outreach."):
        if not package.ispkg or importlib.util.find_spec(f"{package.name}.codes") is None:
            continue
        codes = importlib.import_module(f"{package.name}.codes")
        for name, table in vars(codes).items():
            is_table = name.startswith("NEXT_") and isinstance(table, dict)
            if is_table and all(isinstance(to, frozenset) for to in table.values()):
                states = type(next(iter(table)))
                found[f"{package.name.removeprefix('outreach.')}: {states.__name__}"] = table
    return dict(sorted(found.items()))


def document() -> str:
    """Return the whole document."""
    parts = [
        "# States",
        "Generated from the code by `python -m tests.states_document`; a test holds it to the code.",
        "## Status of a ledger line",
        _ABOUT_LINES,
        _clauses(),
        "## Moves",
        *(_section(name, table) for name, table in moves().items()),
    ]
    return "\n\n".join(parts) + "\n"


def _clauses() -> str:
    lines = ["| | status | 状态 | holds when | 条件 |", "|---|---|---|---|---|"]
    for number, clause in enumerate(CLAUSES, start=1):
        label = STATUS_LABELS[clause.status]
        lines.append(f"| {number} | `{clause.status}` | {label.zh} | {clause.en} | {clause.zh} |")
    return "\n".join(lines)


def _section(name: str, table: Moves) -> str:
    lines = [f"### {name}", "", "| from | to |", "|---|---|"]
    for state, following in table.items():
        to = ", ".join(f"`{s}`" for s in type(state) if s in following)
        lines.append(f"| `{state}` | {to or 'nothing: it ends here'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
