"""Short notices after an act: what was done, and how to take it back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import session

KEY = "notices"
MOST = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. ``undo`` is the address of a POST that takes the act back."""

    text: str
    kind: str = "success"
    undo: str = ""


def notify(text: object, *, kind: str = "success", undo: str = "") -> None:
    """Show a notice on the next page or fragment; kinds: success, info, warning, danger."""
    kept = session.get(KEY, [])
    session[KEY] = [*kept, [str(text), kind, undo]][-MOST:]


def take_notices() -> list[Notice]:
    """Return the waiting notices and forget them."""
    return [Notice(*values) for values in session.pop(KEY, [])]
