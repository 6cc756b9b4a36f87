"""How templates show instants, dates, numbers and masked numbers: by language and in local time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent
from flask import Flask

from outreach.web.i18n import language
from outreach.web.visit import visit

NOTHING = "–"
FORMATS = {
    # (language, whether the month comes first in short English dates)
    "zh": ("M月d日", "y年M月d日", "EEE"),
    "en": ("d MMM", "d MMM y", "EEE"),
    "en-mdy": ("MMM d", "MMM d, y", "EEE"),
}


def install(app: Flask) -> None:
    """Give templates their filters."""
    for function in (day, day_with_year, clock, moment, ago, number, percent, iso_day, listed):
        app.add_template_filter(function)
    app.add_template_filter(iso_moment)


def _formats() -> tuple[str, str, str]:
    if language() == "zh":
        return FORMATS["zh"]
    return FORMATS["en-mdy" if visit().setting.date_order == "mdy" else "en"]


def _zone() -> ZoneInfo:
    return visit().setting.zone


def _local_date(value: date | datetime) -> date:
    return value.astimezone(_zone()).date() if isinstance(value, datetime) else value


def day(value: date | datetime | None) -> str:
    """11月26日 周四 / Thu 26 Nov; with the year when it is not this one."""
    if value is None:
        return NOTHING
    on = _local_date(value)
    short, long, name = _formats()
    this_year = visit().now.astimezone(_zone()).year
    shown = format_date(on, short if on.year == this_year else long, locale=language())
    of_week = format_date(on, name, locale=language())
    return f"{shown} {of_week}" if language() == "zh" else f"{of_week} {shown}"


def day_with_year(value: date | datetime | None) -> str:
    """2026年11月26日 / 26 Nov 2026, for birth dates and reports."""
    if value is None:
        return NOTHING
    return format_date(_local_date(value), _formats()[1], locale=language())


def clock(value: datetime | time | None) -> str:
    """08:30, local."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone()) if isinstance(value, datetime) else value
    return f"{local:%H:%M}"


def moment(value: datetime | None) -> str:
    """11月26日 周四 08:30 / Thu 26 Nov 08:30."""
    return f"{day(value)} {clock(value)}" if value else NOTHING


def ago(value: datetime | None) -> str:
    """3分钟前 / 3 minutes ago, by business time."""
    if value is None:
        return NOTHING
    locale = "zh" if language() == "zh" else "en"
    return format_timedelta(value - visit().now, add_direction=True, locale=locale)


def iso_day(value: date | datetime | None) -> str:
    """2026-11-26, the value of a date field."""
    return _local_date(value).isoformat() if value else ""


def iso_moment(value: datetime | None) -> str:
    """2026-11-26T08:30, local: the value of a date-and-time field."""
    return f"{value.astimezone(_zone()):%Y-%m-%dT%H:%M}" if value else ""


def number(value: float | None, digits: int = 0) -> str:
    """12,345 with as many digits after the point as asked."""
    if value is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, locale=language())


def listed(names: Iterable[str]) -> str:
    """赵秀英、王建国 / Zhao Xiuying, Wang Jianguo: names one after the other."""
    return ("、" if language() == "zh" else ", ").join(names)


def percent(value: float | None, digits: int = 1) -> str:
    """A share as 76.6%; None (nothing to divide by) as a dash."""
    if value is None:
        return NOTHING
    pattern = "0" + ("." + "0" * digits if digits else "") + "%"
    return format_percent(value, pattern, locale=language())
