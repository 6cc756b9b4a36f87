"""docs/states.md says what the code obeys, and every table of moves names every state."""

from __future__ import annotations

from tests.states_document import DOCUMENT, document, moves


def test_the_document_is_current() -> None:
    remedy = "run: .venv/bin/python -m tests.states_document"
    assert DOCUMENT.read_text(encoding="utf-8") == document(), remedy


def test_every_table_of_moves_names_every_state_and_no_other() -> None:
    for name, table in moves().items():
        states = type(next(iter(table)))
        assert set(table) == set(states), name
        assert all(following <= set(states) for following in table.values()), name
        assert not any(state in following for state, following in table.items()), name
