"""What becomes of a source row: its outcome, codes and values, in shapes that are cheap to make and send."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from outreach.kernel.identity import Sex
from outreach.kernel.phone import PhoneKind


class Outcome(StrEnum):
    """Whether a row is in the ledger, and whether a person has to look at it."""

    IMPORTED = "imported"
    WARNING = "warning"
    ERROR = "error"
    DUPLICATE = "duplicate"


ERROR_CODES = frozenset(
    [
        "name_missing",
        "name_too_long",
        "name_unreadable",
        "id_checksum",
        "id_length",
        "id_birth_date",
        "birth_unknown",
        "birth_in_future",
    ]
)
DUPLICATE_CODES = frozenset(("same_id", "same_name_and_birth"))
LIFE_CODES = frozenset(
    [
        "possibly_deceased",
        "possibly_moved",
        "possibly_hospital",
        "possibly_away",
        "possibly_nursing_home",
    ]
)
WARNING_CODES = LIFE_CODES | frozenset(
    [
        "id_precision_lost",
        "id_missing",
        "id_other_document",
        "id_region_unknown",
        "birth_differs_from_id",
        "age_unlikely",
        "sex_differs_from_id",
        "phone_invalid",
        "no_phone",
        "dose_date_unclear",
        "dose_date_in_future",
        "dose_repeated",
        "name_odd_characters",
        "name_differs",
    ]
)


class RowPhone(NamedTuple):
    """A number of the row; ``owner`` is ``own`` or ``family``."""

    e164: str
    kind: PhoneKind
    owner: str
    label: str = ""
    extension: str = ""


class RowDose(NamedTuple):
    """A dated dose of the row; ``number`` is that of its column, not a truth."""

    given_on: date
    number: int | None = None
    product: str = ""
    batch: str = ""
    site: str = ""
    remark: str = ""


class RowValues(NamedTuple):
    """Everything read from a row. ``hold`` is ``all``, ``nudges`` or empty until a person decides.

    ``eligible_on`` is set only for somebody who is still too young on the day of the import.
    """

    name: str
    sex: Sex | None = None
    id_number: str | None = None
    id_as_written: str | None = None
    id_kept_digits: str | None = None
    born_on: date | None = None
    birth_certainty: str = "stated"
    eligible_on: date | None = None
    address: str = ""
    registered_address: str = ""
    district: str = ""
    street: str = ""
    community: str = ""
    grid: str = ""
    compound: str = ""
    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    phones: tuple[RowPhone, ...] = ()
    contact_name: str = ""
    contact_relation: str = ""
    doses: tuple[RowDose, ...] = ()
    hold: str = ""
    reports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    note: str = ""
    health: str = ""

    @property
    def may_message(self) -> bool:
        """Say whether nudges may go out before a person has looked."""
        return not self.hold


class RowOutcome(NamedTuple):
    """One data row of a file. ``cells`` are its texts as a reader of the sheet sees them."""

    row: int
    outcome: Outcome
    codes: tuple[str, ...]
    values: RowValues
    cells: tuple[str, ...]
    repeats_row: int | None = None

    @property
    def is_in_ledger(self) -> bool:
        """Say whether the row is to enter the ledger."""
        return self.outcome in (Outcome.IMPORTED, Outcome.WARNING)

    def resident_json(self) -> dict[str, Any]:
        """Return the resident as the command line prints it."""
        v = self.values
        return {
            "name": v.name,
            "birth_date": v.born_on.isoformat() if v.born_on else None,
            "id_length": len(v.id_number or ""),
            "phones": [p.e164 for p in v.phones],
            "may_message": v.may_message,
            "eligible_on": v.eligible_on.isoformat() if v.eligible_on else None,
            "note": v.note,
            "doses": [d.given_on.isoformat() for d in v.doses],
        }


class SkippedRow(NamedTuple):
    """A row that holds no person: a total, a signature, a sub-title …; shown, never silent."""

    row: int
    reason: str
    text: str


def pack(item: RowOutcome | SkippedRow) -> tuple[Any, ...]:
    """Return plain tuples, numbers and texts only, for the way from one process to another."""
    if isinstance(item, SkippedRow):
        return tuple(item)
    v = item.values
    plain: list[Any] = list(v)
    plain[5] = v.born_on.toordinal() if v.born_on else None
    plain[7] = v.eligible_on.toordinal() if v.eligible_on else None
    plain[19] = [(p[0], str(p[1]), *p[2:]) for p in v.phones]
    plain[22] = [(d[0].toordinal(), *d[1:]) for d in v.doses]
    return (item.row, str(item.outcome), item.codes, plain, item.cells, item.repeats_row)


_KINDS = {str(k): k for k in PhoneKind}
_OUTCOMES = {str(o): o for o in Outcome}


def unpack(plain: tuple[Any, ...]) -> RowOutcome | SkippedRow:
    """Return what ``pack`` was given."""
    if len(plain) == 3:
        return SkippedRow(*plain)
    row, outcome, codes, values, cells, repeats = plain
    values[5] = date.fromordinal(values[5]) if values[5] else None
    values[7] = date.fromordinal(values[7]) if values[7] else None
    values[19] = tuple([RowPhone(p[0], _KINDS[p[1]], *p[2:]) for p in values[19]])
    values[22] = tuple([RowDose(date.fromordinal(d[0]), *d[1:]) for d in values[22]])
    return RowOutcome(row, _OUTCOMES[outcome], codes, RowValues._make(values), cells, repeats)
