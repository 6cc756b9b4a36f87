"""Reading forms: typed values, every fault named by its field, nothing guessed."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from outreach.kernel.errors import OutreachError

E = TypeVar("E", bound=StrEnum)
N = TypeVar("N", int, float)
FULL_WIDTH = str.maketrans("０１２３４５６７８９：－．，", "0123456789:-.,")


class FormRefused(OutreachError):
    """The form has faults; they are in ``Form.errors``."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field (empty field: the form as a whole)."""

    field: str
    code: str
    facts: Mapping[str, object]


class Form:
    """One submitted form. Reading a value never raises: faults gather in ``errors``."""

    def __init__(self, values: MultiDict[str, str] | None = None) -> None:
        self.values: MultiDict[str, str] = values if values is not None else MultiDict()
        self.errors: list[FieldError] = []

    def __getitem__(self, name: str) -> str:
        """Return what was typed, to show it again."""
        return self.values.get(name, "")

    def many(self, name: str) -> list[str]:
        """Return every value of a field that may come several times."""
        return self.values.getlist(name)

    def wrong(self, field: str, code: str, **facts: object) -> None:
        """Note a fault."""
        self.errors.append(FieldError(field, code, facts))

    def errors_of(self, field: str) -> list[FieldError]:
        """Return the faults of one field."""
        return [error for error in self.errors if error.field == field]

    def check(self) -> None:
        """Raise FormRefused when there is any fault; call it before acting."""
        if self.errors:
            raise FormRefused

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Turn errors of the act into faults of the form; others than 4xx about values pass through."""
        try:
            yield
        except FormRefused:
            return
        except OutreachError as error:
            if error.status not in {409, 422}:
                raise
            facts = dict(error.facts)
            self.errors.append(FieldError(str(facts.pop("field", "")), error.code, facts))

    def text(self, name: str, *, required: bool = False, longest: int = 200) -> str:
        """Return a trimmed text without control characters."""
        raw = self.values.get(name, "")
        if any(ord(c) < 32 and c not in "\n\r\t" for c in raw) or "\x7f" in raw:
            self.wrong(name, "control_characters")
            return ""
        value = raw.strip()
        if required and not value:
            self.wrong(name, "field_required")
        if len(value) > longest:
            self.wrong(name, "text_long", longest=longest)
            return value[:longest]
        return value

    def secret(self, name: str) -> str:
        """Return a password exactly as typed."""
        value = self.values.get(name, "")
        if not value:
            self.wrong(name, "field_required")
        return value[:1000]

    def whole(
        self,
        name: str,
        *,
        required: bool = False,
        least: int | None = None,
        most: int | None = None,
    ) -> int | None:
        """Return a whole number, or None when left empty."""
        text = self._read(name, required=required)
        if not text:
            return None
        try:
            value = int(text) if len(text) <= 12 else None
        except ValueError:
            value = None
        if value is None:
            self.wrong(name, "not_a_number")
            return None
        return self._bounded(name, value, least=least, most=most)

    def decimal(
        self,
        name: str,
        *,
        required: bool = False,
        least: float | None = None,
        most: float | None = None,
    ) -> float | None:
        """Return a number, or None when left empty."""
        text = self._read(name, required=required)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - not a number
            self.wrong(name, "not_a_number")
            return None
        return self._bounded(name, value, least=least, most=most)

    def day(self, name: str, *, required: bool = False) -> date | None:
        """Return a date as date fields send it (2026-11-26), or None when left empty."""
        text = self._read(name, required=required)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(name, "not_a_date")
            return None

    def clock(self, name: str, *, required: bool = False) -> time | None:
        """Return a local wall time (08:30), or None when left empty."""
        text = self._read(name, required=required)
        if not text:
            return None
        try:
            value = time.fromisoformat(text.zfill(5))
        except ValueError:
            value = None
        if value is None or value.tzinfo is not None:
            self.wrong(name, "not_a_time")
            return None
        return value

    def moment(self, name: str, *, zone: ZoneInfo, required: bool = False) -> datetime | None:
        """Return an aware instant from a date-and-time field, read as local time of the place."""
        text = self._read(name, required=required)
        if not text:
            return None
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            self.wrong(name, "not_a_time")
            return None
        return value.replace(tzinfo=zone) if value.tzinfo is None else value

    def one_of(self, name: str, allowed: type[E], *, required: bool = True) -> E | None:
        """Return a member of a coded list."""
        text = self._read(name, required=required)
        if not text:
            return None
        try:
            return allowed(text)
        except ValueError:
            self.wrong(name, "not_in_list")
            return None

    def code(self, name: str, allowed: Container[str], *, required: bool = True) -> str:
        """Return a code of a coded list, or an empty text."""
        text = self._read(name, required=required)
        if text and text not in allowed:
            self.wrong(name, "not_in_list")
            return ""
        return text

    def yes(self, name: str) -> bool:
        """Return whether a box was ticked."""
        return self.values.get(name, "") not in {"", "0", "false", "no", "off"}

    def _read(self, name: str, *, required: bool) -> str:
        """Return what was typed, trimmed, with full-width digits made plain."""
        text = self.values.get(name, "").strip().translate(FULL_WIDTH)
        if required and not text:
            self.wrong(name, "field_required")
        return text

    def _bounded(self, name: str, value: N, *, least: float | None, most: float | None) -> N | None:
        if (least is not None and value < least) or (most is not None and value > most):
            if most is None:
                self.wrong(name, "number_small", least=least)
            elif least is None:
                self.wrong(name, "number_large", most=most)
            else:
                self.wrong(name, "number_out_of_range", least=least, most=most)
            return None
        return value
