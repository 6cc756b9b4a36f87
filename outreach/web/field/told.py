"""Reading what a phone tells: a form without a script, or a batch of a script's queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from outreach.kernel.errors import InvalidInput
from outreach.kernel.geo import Point
from outreach.web.forms import Form
from outreach.workflows.field_sync import MOST_AT_ONCE, Sort, Told

WORDS = ("received_by", "witness", "result", "reason", "note", "seen", "follows")
NUMBERS = ("odometer_km", "accuracy_m")
WORD_LONGEST = 300


def told_by_form(form: Form, *, at: datetime) -> Told:
    """Return the one thing that a posted form tells; the time is the server's."""
    sort = form.one_of("sort", Sort, required=False) or Sort.TAP
    kind = form.text("kind", required=sort in {Sort.TAP, Sort.NOTE}, longest=40)
    # One form has several buttons: each is a tap of its own, and the same button twice is one.
    uuid = f"{form.text('uuid', required=True, longest=32)}-{kind or sort.value}"
    return Told(
        uuid=uuid,
        sort=sort,
        at=at,
        kind=kind,
        run_id=form.whole("run"),
        leg_id=form.whole("leg"),
        appointment_id=form.whole("appointment"),
        stop_id=form.whole("stop"),
        note_id=form.whole("about"),
        point=_point(form.decimal("latitude"), form.decimal("longitude")),
        facts=_facts(form.values),
    )


def told_by_batch(batch: object) -> list[Told]:
    """Return what a script's queue tells; a part that cannot be read is refused with all of it."""
    parts = batch.get("told") if isinstance(batch, dict) else None
    if not isinstance(parts, list) or len(parts) > MOST_AT_ONCE:
        raise InvalidInput("batch_unreadable", field="told")
    return [_told(part) for part in parts]


def _told(part: object) -> Told:
    if not isinstance(part, dict):
        raise InvalidInput("batch_unreadable", field="told")
    try:
        at = datetime.fromisoformat(str(part["at"]))
        sort = Sort(str(part.get("sort") or Sort.TAP.value))
        uuid = str(part["uuid"])[:64]
    except (KeyError, ValueError) as error:
        raise InvalidInput("batch_unreadable", field="told") from error
    if at.tzinfo is None:
        raise InvalidInput("batch_unreadable", field="at")
    return Told(
        uuid=uuid,
        sort=sort,
        at=at,
        kind=str(part.get("kind") or "")[:40],
        run_id=_whole(part.get("run")),
        leg_id=_whole(part.get("leg")),
        appointment_id=_whole(part.get("appointment")),
        stop_id=_whole(part.get("stop")),
        note_id=_whole(part.get("about")),
        point=_point(_decimal(part.get("latitude")), _decimal(part.get("longitude"))),
        facts=_facts({name: str(value) for name, value in part.items() if value is not None}),
    )


def spots_of(batch: object) -> list[tuple[datetime, Point]]:
    """Return the positions that a phone shares; what cannot be read is left out."""
    parts = batch.get("spots") if isinstance(batch, dict) else None
    found = []
    for part in parts[:20] if isinstance(parts, list) else []:
        point = _point(_decimal(part.get("latitude")), _decimal(part.get("longitude")))
        try:
            at = datetime.fromisoformat(str(part.get("at")))
        except ValueError:
            continue
        if point is not None and at.tzinfo is not None:
            found.append((at, point))
    return found


def _facts(said: Mapping[str, str]) -> dict[str, Any]:
    """Return what goes with it: who received the person and how, why there was no dose, a reading."""
    facts: dict[str, Any] = {name: clean for name in WORDS if (clean := _clean(said.get(name, "")))}
    handover = _clean(said.get("handover", ""))
    if handover:
        facts["kind"] = handover[:32]
    if said.get("reached", "") in {"0", "1"}:
        facts["reached"] = said["reached"] == "1"
    for name in NUMBERS:
        value = _decimal(said.get(name))
        if value is not None and 0 <= value <= 3_000_000:
            facts[name] = round(value, 1)
    point = _point(_decimal(said.get("latitude")), _decimal(said.get("longitude")))
    if point is not None:
        facts["latitude"], facts["longitude"] = round(point.latitude, 5), round(point.longitude, 5)
    return facts


def _clean(text: str) -> str:
    return "".join(c for c in text if ord(c) >= 32 and c != "\x7f").strip()[:WORD_LONGEST]


def _whole(value: object) -> int | None:
    text = str(value) if value is not None and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _decimal(value: object) -> float | None:
    try:
        number = float(str(value)) if value is not None else float("nan")
    except ValueError:
        return None
    return number if -1e7 < number < 1e7 else None


def _point(latitude: float | None, longitude: float | None) -> Point | None:
    return Point(latitude, longitude) if latitude is not None and longitude is not None else None
