"""Building and mending the area tree, and the place setting itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, StaleVersion
from outreach.places.area_text import Path
from outreach.places.codes import AreaLevel
from outreach.places.models import Area, Place
from outreach.places.operations import add_area, area_named
from outreach.places.queries import get_area, get_place

LEVELS = tuple(AreaLevel)


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area as pages show it."""

    id: int
    parent_id: int | None
    level: AreaLevel
    name: str
    code: str
    path: str
    is_active: bool
    point: tuple[float, float] | None
    version: int
    children: int = 0


@dataclass(frozen=True, slots=True)
class TreeChange:
    """What a pasted tree would do: each path, and whether it is new."""

    path: Path
    is_new: bool


def levels_below(session: Session, parent_id: int | None) -> int:
    """Return how many levels may stand below an area (None: below the whole place)."""
    if parent_id is None:
        return len(LEVELS)
    return len(LEVELS) - 1 - LEVELS.index(get_area(session, parent_id).level)


def compare_tree(
    session: Session, *, parent_id: int | None, paths: Sequence[Path]
) -> list[TreeChange]:
    """Return which areas of a pasted tree stand already and which would be new."""
    known: dict[Path, int | None] = {(): parent_id}
    changes = []
    for path in paths:
        above = known.get(path[:-1], 0)
        found = area_named(session, name=path[-1], parent_id=above) if above != 0 else None
        known[path] = found.id if found is not None else 0
        changes.append(TreeChange(path=path, is_new=found is None))
    return changes


def add_tree(session: Session, *, parent_id: int | None, paths: Sequence[Path]) -> list[int]:
    """Add the areas that are new and return their ids; those that stand already stay as they are."""
    known: dict[Path, int | None] = {(): parent_id}
    added = []
    for path in paths:
        above = known[path[:-1]]
        found = area_named(session, name=path[-1], parent_id=above)
        if found is None:
            found = add_area(session, name=path[-1], parent_id=above)
            added.append(found.id)
        elif not found.is_active:
            found.is_active = True
            added.append(found.id)
        known[path] = found.id
    return added


def change_area(
    session: Session,
    *,
    area_id: int,
    name: str,
    code: str,
    version: int,
    point: tuple[float, float] | None = None,
) -> Area:
    """Rename an area or move its centre; StaleVersion when someone else changed it meanwhile."""
    area = get_area(session, area_id)
    if area.version != version:
        raise StaleVersion("stale_version")
    if not name.strip():
        raise InvalidInput("name_missing", field="name")
    same = area_named(session, name=name, parent_id=area.parent_id)
    if same is not None and same.id != area_id:
        raise InvalidInput("area_taken", field="name")
    area.name, area.code = name.strip(), code.strip()
    if point is not None:
        area.latitude, area.longitude = point
    session.flush()
    return area


def set_area_open(session: Session, *, area_id: int, is_active: bool) -> Area:
    """Close an area (it leaves every list to choose from) or open it again."""
    area = get_area(session, area_id)
    area.is_active = is_active
    session.flush()
    return area


def area_line(session: Session, area_id: int) -> AreaLine:
    """Return one area as pages show it."""
    return _lines(session, [get_area(session, area_id)])[0]


def area_lines(session: Session, *, parent_id: int | None) -> list[AreaLine]:
    """Return the areas directly below, closed ones last."""
    rows = session.scalars(
        select(Area)
        .where(Area.parent_id == parent_id)
        .order_by(Area.is_active.desc(), Area.code, Area.name, Area.id)
        .limit(2000)
    ).all()
    return _lines(session, list(rows))


def area_choices(
    session: Session, *, roots: Sequence[str], most: int = 1500
) -> list[tuple[int, str]]:
    """Return (id, indented name) of open areas under these paths, in tree order.

    Grids are left out when there would be more than ``most`` lines to choose from.
    """
    rows = session.execute(
        select(Area.id, Area.path, Area.name, Area.level).where(Area.is_active).order_by(Area.path)
    ).all()
    inside = [row for row in rows if any(row.path.startswith(root) for root in roots)]
    if len(inside) > most:
        inside = [row for row in inside if row.level != AreaLevel.GRID]
    names = {row.id: row.name for row in rows}

    def place_in_tree(row: Any) -> list[str]:  # noqa: ANN401 - a result row
        return [names.get(int(part), "") for part in row.path.strip("/").split("/")]

    shallowest = min((row.path.count("/") for row in inside), default=0)
    return [
        (row.id, "\u3000" * (row.path.count("/") - shallowest) + row.name)
        for row in sorted(inside, key=place_in_tree)
    ]


def _lines(session: Session, rows: list[Area]) -> list[AreaLine]:
    counted = session.execute(
        select(Area.parent_id, func.count())
        .where(Area.parent_id.in_([row.id for row in rows]))
        .group_by(Area.parent_id)
    )
    counts = {row[0]: row[1] for row in counted}
    return [
        AreaLine(
            id=row.id,
            parent_id=row.parent_id,
            level=row.level,
            name=row.name,
            code=row.code,
            path=row.path,
            is_active=row.is_active,
            point=(row.latitude, row.longitude)
            if row.latitude is not None and row.longitude is not None
            else None,
            version=row.version,
            children=counts.get(row.id, 0),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class PlaceValues:
    """What an administrator may set of the place (moment 1j)."""

    name: str
    country: str
    area_code: str
    time_zone: str
    id_scheme: str
    minimum_age: int
    date_order: str
    holidays: str
    opens: time
    rest_from: time | None
    rest_until: time | None
    closes: time
    ride_opens: time
    ride_closes: time
    duty_phone: str
    map_datum: str


def set_place(session: Session, *, values: PlaceValues, version: int) -> list[str]:
    """Change the place setting; return the names of the fields that changed."""
    place = get_place(session)
    if place.version != version:
        raise StaleVersion("stale_version")
    _check_place(values)
    changed = [name for name, value in asdict(values).items() if getattr(place, name) != value]
    for name in changed:
        setattr(place, name, getattr(values, name))
    session.flush()
    return changed


def place_values(place: Place) -> PlaceValues:
    """Return the setting as it stands."""
    return PlaceValues(**{name: getattr(place, name) for name in PlaceValues.__dataclass_fields__})


def _check_place(values: PlaceValues) -> None:
    if not values.name.strip():
        raise InvalidInput("name_missing", field="name")
    try:
        ZoneInfo(values.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput("time_zone_unknown", field="time_zone") from error
    if (values.rest_from is None) != (values.rest_until is None):
        raise InvalidInput("hours_order", field="rest_until")
    rest = [values.rest_from, values.rest_until] if values.rest_from and values.rest_until else []
    day = [values.opens, *(hour for hour in rest if hour is not None), values.closes]
    if day != sorted(day) or len(set(day)) != len(day):
        raise InvalidInput("hours_order", field="opens")
    if not values.ride_opens <= values.opens < values.closes <= values.ride_closes:
        raise InvalidInput("hours_order", field="ride_opens")
