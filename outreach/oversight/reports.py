"""Daily and weekly reports in the form that offices send upward: made at their hour, kept as they were.

What is kept are the figures of that moment; files are made from them when somebody downloads one, so
that the same report always says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant
from outreach.accounts.rules import Scope
from outreach.kernel.codes import coded_list
from outreach.kernel.errors import NotFound
from outreach.oversight.codes import BASIS_LABELS, DEFINITIONS, Basis, Figure
from outreach.oversight.coverage import Asked, CampaignName, Unit, campaigns, coverage, unit_of
from outreach.oversight.history import Sight
from outreach.oversight.models import SavedReport
from outreach.oversight.protected import Mask
from outreach.oversight.report_material import Material
from outreach.oversight.rules import Counts, pace
from outreach.oversight.sentences import Told, pace_sentence, sentences
from outreach.oversight.traffic import HARMS
from outreach.oversight.viewing import Row, View, seen_as
from outreach.places.codes import AreaLevel
from outreach.places.models import Area
from outreach.places.queries import get_place, local_zone

DUE_AT = time(17, 0)
WEEKLY_ON = 4  # Friday
COLUMNS = (
    Figure.DENOMINATOR,
    Figure.VACCINATED,
    Figure.EXEMPT,
    Figure.BOOKED,
    Figure.DUE,
    Figure.DEFERRED,
    Figure.DECLINED,
    Figure.UNREACHABLE,
    Figure.MOVED,
)


class ReportKind(StrEnum):
    """Which report."""

    DAILY = "daily"
    WEEKLY = "weekly"


KIND_LABELS = coded_list([("daily", "日报", "Daily report"), ("weekly", "周报", "Weekly report")])


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Rows by unit and their sum; None is a hidden number."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...], float | None], ...]
    total: tuple[tuple[int | None, ...], float | None]


@dataclass(frozen=True, slots=True)
class Report:
    """One report in one language, ready to be written down."""

    title: str
    unit: str
    period: str
    table: ReportTable
    sentences: tuple[str, ...]
    harms: tuple[tuple[str, int | None], ...]
    notes: tuple[str, ...]
    signature: str
    file_name: str
    language: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A kept report in a list."""

    id: int
    kind: str
    unit: str
    campaign_id: int
    on: date
    language: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which report is to be made."""

    kind: ReportKind
    area_id: int
    campaign: CampaignName
    on: date
    language: str
    basis: Basis = Basis.REGISTRATION


@dataclass(slots=True)
class _Words:
    """The fixed words of a report in one language."""

    language: str
    _pairs: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {
            "title": ("80岁以上老年人疫苗接种工作", "Vaccination of residents aged 80 and over: "),
            "period": ("统计时段：", "Period: "),
            "unit": ("单位", "Unit"),
            "coverage": ("接种率", "Coverage"),
            "total": ("合计", "All together"),
            "basis": ("统计口径：", "People counted "),
            "signature": (
                "填报人：__________    审核人：__________    日期：__________",
                "Prepared by: __________    Checked by: __________    Date: __________",
            ),
            "hidden": (
                "“•”为少于5人或可推算出此类数字的数，不予显示。",
                "“•” hides a number below five, or one that would give such a number away.",
            ),
            "no_grid": ("未归入网格", "In no grid"),
            "together": ("人数较少的网格合计", "Small grids together"),
            "no_pressure": (
                "知情拒绝和暂缓都是办结，不列为落后。",
                "An informed no and a deferral are finished work and never a lag.",
            ),
        }
    )

    def __getitem__(self, key: str) -> str:
        return self._pairs[key][self.language.startswith("en")]


def make(
    session: Session,
    wanted: Wanted,
    *,
    now: datetime,
    by: int | None = None,
    material: Material | None = None,
) -> SavedReport:
    """Return the report of a unit and day, made now unless it was kept already.

    ``material`` is shared by the reports of many units made in one transaction (see ``material_for``).
    """
    kept = session.scalars(
        select(SavedReport).where(
            SavedReport.kind == wanted.kind,
            SavedReport.area_id == wanted.area_id,
            SavedReport.campaign_id == wanted.campaign.id,
            SavedReport.basis == wanted.basis,
            SavedReport.on == wanted.on,
            SavedReport.language == wanted.language,
        )
    ).first()
    if kept is not None:
        return kept
    area = session.get(Area, wanted.area_id)
    if area is None:
        raise NotFound("area")
    unit = unit_of(area)
    shared = material or material_for(session, wanted, [unit])
    asked = Asked(wanted.campaign, wanted.basis, area.id)
    found = coverage(session, asked, scope=Scope(paths=(area.path,)), now=now)

    def seen(*, named: bool) -> Report:
        scope = Scope(paths=(area.path,), named_paths=(area.path,) if named else ())
        view = seen_as(session, asked, found, scope=scope, now=now, known=shared.known)
        return _report(wanted, unit, view, shared, named=named)

    content = {"open": asdict(seen(named=True)), "closed": asdict(seen(named=False))}
    row = SavedReport(
        kind=wanted.kind,
        area_id=wanted.area_id,
        campaign_id=wanted.campaign.id,
        basis=wanted.basis,
        on=wanted.on,
        language=wanted.language,
        content=content,
        made_at=now,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def material_for(session: Session, wanted: Wanted, units: Sequence[Unit]) -> Material:
    """Return what the reports of these units share: campaign, basis and day are those of ``wanted``."""
    sight = Sight(wanted.campaign.id, wanted.basis, tuple(units))
    return Material(session, sight, on=wanted.on)


def make_due(session: Session, *, now: datetime) -> int:
    """Make every report whose hour has come (17:00, weekly on Fridays); return how many were made.

    For each unit that has a leader, and each district. The tick calls it: a report that stands is left.
    """
    local = now.astimezone(local_zone(session))
    if local.time() < DUE_AT:
        return 0
    kinds = [ReportKind.DAILY] + ([ReportKind.WEEKLY] if local.weekday() == WEEKLY_ON else [])
    have = {
        tuple(row)
        for row in session.execute(
            select(
                SavedReport.kind,
                SavedReport.area_id,
                SavedReport.campaign_id,
                SavedReport.language,
            ).where(SavedReport.on == local.date(), SavedReport.basis == Basis.REGISTRATION)
        )
    }
    made = 0
    languages = [name for name in get_place(session).languages if name in {"zh", "en"}]
    units = reporting_units(session)
    for campaign in campaigns(session):
        material: Material | None = None
        for unit, kind, language in product(units, kinds, languages):
            if (kind, unit.id, campaign.id, language) in have:
                continue
            wanted = Wanted(kind, unit.id, campaign, local.date(), language)
            material = material or material_for(session, wanted, units)
            make(session, wanted, now=now, material=material)
            made += 1
    return made


def reporting_units(session: Session) -> list[Unit]:
    """Return the units that get reports by themselves."""
    led = select(RoleGrant.area_id).where(
        RoleGrant.role == Role.LEADER, RoleGrant.revoked_at.is_(None)
    )
    question = select(Area).where(
        (Area.id.in_(led) & (Area.level != AreaLevel.GRID)) | (Area.level == AreaLevel.DISTRICT)
    )
    return [unit_of(area) for area in session.scalars(question.order_by(Area.path))]


def kept_reports(session: Session, *, scope: Scope, page: int, size: int) -> list[ReportLine]:
    """Return a page of the kept reports within the scope, newest first."""
    rows = session.execute(
        select(SavedReport, Area.name, Area.path)
        .join(Area, Area.id == SavedReport.area_id)
        .order_by(SavedReport.on.desc(), Area.path, SavedReport.kind, SavedReport.id)
        .limit(5000)
    )
    found = [
        ReportLine(
            row[0].id,
            row[0].kind,
            row[1],
            row[0].campaign_id,
            row[0].on,
            row[0].language,
            row[0].made_at,
        )
        for row in rows
        if scope.covers(row[2])
    ]
    return found[(page - 1) * size : page * size]


def read(session: Session, report_id: int, *, scope: Scope) -> Report:
    """Return a kept report as its reader may see it; NotFound outside the scope."""
    row = session.get(SavedReport, report_id)
    area = session.get(Area, row.area_id) if row is not None else None
    if row is None or area is None or not scope.covers(area.path):
        raise NotFound("not_found")
    return from_content(row.content["open" if scope.names_at(area.path) else "closed"])


def from_content(content: dict[str, Any]) -> Report:
    """Return the report that was kept as plain values."""
    table = content["table"]
    return Report(
        title=content["title"],
        unit=content["unit"],
        period=content["period"],
        table=ReportTable(
            tuple(table["headings"]),
            tuple((name, tuple(values), share) for name, values, share in table["rows"]),
            (tuple(table["total"][0]), table["total"][1]),
        ),
        sentences=tuple(content["sentences"]),
        harms=tuple((label, value) for label, value in content["harms"]),
        notes=tuple(content["notes"]),
        signature=content["signature"],
        file_name=content["file_name"],
        language=content["language"],
    )


def _report(wanted: Wanted, unit: Unit, view: View, material: Material, *, named: bool) -> Report:
    words = _Words(wanted.language)
    first = wanted.on - timedelta(days=6) if wanted.kind is ReportKind.WEEKLY else wanted.on
    notes = [
        f"{words['basis']}{BASIS_LABELS[wanted.basis].label(wanted.language)}",
        *(
            f"{DEFINITIONS[name].words(wanted.language)[0]}: {DEFINITIONS[name].words(wanted.language)[1]}"
            for name in ("coverage", Figure.DENOMINATOR, Figure.DUE)
        ),
        words["no_pressure"],
    ]
    if not named:
        notes.append(words["hidden"])
    return Report(
        title=_title(wanted, unit, words),
        unit=unit.name,
        period=words["period"] + _period(first, wanted.on, wanted.language),
        table=_table(view, words),
        sentences=_sentences(wanted, view, material, named=named),
        harms=_harms(wanted, unit, material, (first, wanted.on), named=named),
        notes=tuple(notes),
        signature=words["signature"],
        file_name=f"{wanted.kind}-{unit.id}-{wanted.on.isoformat()}-{wanted.language}",
        language=wanted.language,
    )


def _title(wanted: Wanted, unit: Unit, words: _Words) -> str:
    kind = KIND_LABELS[wanted.kind].label(wanted.language)
    campaign = wanted.campaign.label(wanted.language)
    if wanted.language.startswith("en"):
        return f"{unit.name}. {words['title']}{campaign}. {kind}"
    return f"{unit.name}{words['title']}{kind}（{campaign}）"


def _period(first: date, last: date, language: str) -> str:
    if language.startswith("en"):
        days = [f"{day.day} {day:%b %Y}" for day in (first, last)]
    else:
        days = [f"{day.year}年{day.month}月{day.day}日" for day in (first, last)]
    return days[0] if first == last else " – ".join(days)


def _table(view: View, words: _Words) -> ReportTable:
    language = words.language
    headings = (
        words["unit"],
        *(DEFINITIONS[f].label.label(language) for f in COLUMNS),
        words["coverage"],
    )
    rows = tuple(_row(row, words) for row in view.rows)
    whole = view.coverage.whole
    return ReportTable(
        headings,
        rows,
        (_values(whole, view.mask), whole.coverage if view.mask.shows("coverage") else None),
    )


def _row(row: Row, words: _Words) -> tuple[str, tuple[int | None, ...], float | None]:
    several = words["together"] if row.units else words["no_grid"]
    name = row.units[0].name if len(row.units) == 1 else several
    coverage = row.counts.coverage if row.mask.shows("coverage") else None
    return name, _values(row.counts, row.mask), coverage


def _values(counts: Counts, mask: Mask) -> tuple[int | None, ...]:
    return tuple(counts.of(f) if mask.shows(f) else None for f in COLUMNS)


def _sentences(wanted: Wanted, view: View, material: Material, *, named: bool) -> tuple[str, ...]:
    unit = view.coverage.unit
    if unit is None or not view.mask.shows("coverage"):
        return ()
    said: list[str] = []
    since = material.frozen_before(7 if wanted.kind is ReportKind.WEEKLY else 1)
    if named and since is not None:
        until = material.days[0]
        found = material.bridge(unit, since=since, until=until)
        told = Told(unit.name, since, until, found.before, found.after, found.steps)
        said += sentences(told, wanted.language)
    target = material.target(unit)
    if target is not None:
        course = pace(
            view.coverage.whole,
            goal=target.goal,
            by=target.by_on,
            day=wanted.on,
            measured_per_day=material.doses_per_day(unit),
        )
        said.append(
            pace_sentence(course, goal=target.goal, by=target.by_on, language=wanted.language)
        )
    return tuple(said)


def _harms(
    wanted: Wanted, unit: Unit, material: Material, days: tuple[date, date], *, named: bool
) -> tuple[tuple[str, int | None], ...]:
    found = []
    for harm in HARMS:
        value = material.harm(unit, harm.code, days)
        is_hidden = not named and 0 < value < 5
        found.append((harm.label(wanted.language), None if is_hidden else value))
    return tuple(found)
