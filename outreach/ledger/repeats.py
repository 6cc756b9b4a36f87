"""Rows of one file that repeat an earlier row: decided over the sequence, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from outreach.ledger.outcome import LIFE_CODES, Outcome, RowOutcome, SkippedRow


def mark_repeats(outcomes: Iterable[RowOutcome | SkippedRow]) -> Iterator[RowOutcome | SkippedRow]:
    """Turn rows that repeat an earlier row into duplicates: same number, else same name and birth.

    Two different numbers are two people, whatever their names. A repeat keeps its life words: a
    death written beside the second entry of a person is still news of that person.
    """
    # Tuples, for a hundred thousand lists would weigh more than the people.
    by_id: dict[str, tuple[int, str]] = {}
    by_birth: dict[tuple[str, date], tuple[tuple[int, str | None], ...]] = {}
    for item in outcomes:
        if isinstance(item, SkippedRow) or not item.is_in_ledger:
            yield item
            continue
        v = item.values
        if v.id_number is not None:
            known = by_id.setdefault(v.id_number, (item.row, v.name))
            if known[0] != item.row:
                differs = () if known[1] == v.name else ("name_differs",)
                yield _repeat(item, known[0], ("same_id", *differs))
                continue
        if v.born_on is not None:
            number = v.id_number or v.id_kept_digits
            others = by_birth.get((v.name, v.born_on), ())
            same = next((row for row, other in others if _may_be_one(number, other)), None)
            if same is not None:
                yield _repeat(item, same, ("same_name_and_birth",))
                continue
            by_birth[v.name, v.born_on] = (*others, (item.row, number))
        yield item


def _may_be_one(number: str | None, other: str | None) -> bool:
    if number is None or other is None:
        return True
    return number != other and (number.startswith(other) or other.startswith(number))


def _repeat(item: RowOutcome, row: int, codes: tuple[str, ...]) -> RowOutcome:
    life = tuple(c for c in item.codes if c in LIFE_CODES)
    return item._replace(outcome=Outcome.DUPLICATE, codes=(*codes, *life), repeats_row=row)
