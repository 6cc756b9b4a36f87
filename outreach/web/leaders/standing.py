"""Where we stand: coverage of a unit and its children, every figure opening exactly its people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import NEXT_ACTION_LABELS
from outreach.oversight.codes import (
    BASIS_LABELS,
    DEFINITIONS,
    DIMENSION_LABELS,
    VALUE_LABELS,
    Basis,
    Dimension,
    Figure,
)
from outreach.oversight.coverage import Asked, CampaignName, campaigns, choose_campaign
from outreach.oversight.people import PAGE_SIZE, Cell, people_of
from outreach.oversight.rules import Counts
from outreach.oversight.viewing import View, view_of
from outreach.web.access import allowed, may_open
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.i18n import _, _l, language
from outreach.web.leaders.tables import (
    CHART_PARTS,
    Shown,
    Table,
    map_of,
    place_of,
    shown,
    unit_table,
    value_table,
)
from outreach.web.lists import page_number, pages
from outreach.web.messages import add_messages
from outreach.web.visit import services, visit

bp = Blueprint("standing", __name__, url_prefix="/standing")
READERS = (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR)
PERSON_PAGE = "residents.show"
E = TypeVar("E", bound=StrEnum)

add_messages(
    {
        "names_not_allowed": _l(
            "Your account sees figures and no names. Whoever may open them has been given that right "
            "by an administrator."
        ),
        "no_campaign": _l("There is no campaign to look at yet."),
    }
)

HEADLINE = (
    (Figure.DENOMINATOR, ""),
    (Figure.VACCINATED, "good"),
    (Figure.BOOKED, ""),
    (Figure.DUE, "warn"),
    (Figure.TO_CONTACT, ""),
    (Figure.CONSIDERING, ""),
    (Figure.AGREED, ""),
    (Figure.DEFERRED, ""),
    (Figure.EXEMPT, ""),
    (Figure.DECLINED, ""),
    (Figure.UNREACHABLE, ""),
    (Figure.MOVED, ""),
    (Figure.UNKNOWN, ""),
    (Figure.NOT_YET_ELIGIBLE, ""),
    (Figure.DECEASED, ""),
    (Figure.ELSEWHERE, ""),
    (Figure.LEDGER, ""),
)


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of a unit, as far as their reader may see them."""

    coverage: float | None
    bounds: tuple[float, float] | None
    finished: float | None


Tab = tuple[str, str, bool]  # label, address, whether it is the present one


@bp.get("", defaults={"area_id": None})
@bp.get("/<int:area_id>")
@allowed(*READERS)
def show(area_id: int | None) -> ResponseReturnValue:
    """Show where a unit stands; without a number, the reader's own."""
    form = Form(request.args)
    dimension = choice(form, "by", Dimension, Dimension.AGE)
    with reading() as act:
        asked = asked_of(act, form, area_id, (dimension,))
        view = view_of(act.session, asked, scope=act.scope, now=act.now)
        choices = campaigns(act.session)
    page = page_of(view, dimension, choices)
    drawn = map_of(view, tiles=services().settings.map_tiles)
    return render_template("leader/standing/show.html", form=form, view=view, page=page, map=drawn)


@bp.get("/people")
@allowed(*READERS)
def people() -> ResponseReturnValue:
    """List exactly the people whom a figure counts; who looked at whom goes into the trail."""
    form = Form(request.args)
    with reading() as act:
        cell = cell_of(act, form)
        found = people_of(act.session, cell, scope=act.scope, now=act.now, page=page_number())
    note_list(cell, [person.resident_id for person in found.people])
    return render_template(
        "leader/standing/people.html",
        found=found,
        pages=pages(found.total, size=PAGE_SIZE),
        definition=DEFINITIONS[cell.figure].words(language()),
        row_name=value_name(cell),
        back=_back(cell),
        actions=NEXT_ACTION_LABELS,
        person_page=PERSON_PAGE if may_open(PERSON_PAGE, visit().actor) else "",
    )


def note_list(cell: Cell, resident_ids: list[int]) -> None:
    """Write into the trail whose names a list showed."""
    facts: dict[str, str | int | list[int] | None] = {
        "figure": str(cell.figure),
        "area": cell.area_id,
        "residents": resident_ids,
    }
    with acting() as act:
        act.record("people_listed", ("area", cell.area_id), facts=facts)


def _back(cell: Cell) -> str:
    by: dict[str, Any] = {}
    if cell.dimension is not Dimension.ALL:
        by["by"] = str(cell.dimension)
    return url_for(".show", area_id=cell.area_id, campaign=cell.campaign_id, basis=cell.basis, **by)


def choice(form: Form, name: str, kind: type[E], otherwise: E) -> E:
    """Return a value of the address, or the other when it is none of the list."""
    try:
        return kind(form[name])
    except ValueError:
        return otherwise


def asked_of(
    act: Acting, form: Form, area_id: int | None, dimensions: tuple[Dimension, ...] = ()
) -> Asked:
    """Return what the address asks to see."""
    campaign = choose_campaign(act.session, form.whole("campaign"))
    return Asked(campaign, choice(form, "basis", Basis, Basis.REGISTRATION), area_id, dimensions)


def cell_of(act: Acting, form: Form) -> Cell:
    """Return the figure that the address asks to open; an unknown one is not found."""
    if form["figure"] not in set(Figure):
        raise NotFound("not_found")
    campaign: CampaignName = choose_campaign(act.session, form.whole("campaign"))
    return Cell(
        campaign_id=campaign.id,
        figure=Figure(form["figure"]),
        basis=choice(form, "basis", Basis, Basis.REGISTRATION),
        area_id=form.whole("area"),
        dimension=choice(form, "by", Dimension, Dimension.ALL),
        value=form.text("value", longest=32),
        no_grid=form.yes("no_grid"),
    )


def value_name(cell: Cell) -> str:
    """Return what the row of a finer table is called."""
    labels = VALUE_LABELS[cell.dimension]
    return labels[cell.value].label(language()) if cell.value in labels else cell.value


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows of a unit."""

    title: str
    numbers: tuple[tuple[Shown, str], ...]
    shares: Shares
    units: Table
    units_chart: dict[str, object]
    finer: Table
    finer_chart: dict[str, object]
    tabs: tuple[Tab, ...]
    bases: tuple[tuple[str, str], ...]
    meanings: tuple[tuple[str, str], ...]
    campaigns: tuple[tuple[int, str], ...]


def page_of(view: View, dimension: Dimension, choices: list[CampaignName]) -> Page:
    """Return what the page shows: tables and charts of the same rows."""
    coverage = view.coverage
    units = unit_table(view)
    finer = value_table(view, dimension)
    place = place_of(coverage)
    numbers = [
        (shown(figure, coverage.whole, view.mask, place), tone)
        for figure, tone in HEADLINE
        if _is_shown(view, figure)
    ]
    return Page(
        title=coverage.unit.name if coverage.unit is not None else _("Your units"),
        numbers=tuple(numbers),
        shares=shares_of(view),
        units=units,
        units_chart=units.chart(CHART_PARTS),
        finer=finer,
        finer_chart=finer.chart(CHART_PARTS if finer.has_coverage else finer.columns),
        tabs=tuple(_tab(view, d, dimension) for d in Dimension if d is not Dimension.ALL),
        bases=tuple((code, entry.label(language())) for code, entry in BASIS_LABELS.items()),
        meanings=tuple(d.words(language()) for d in DEFINITIONS.values()),
        campaigns=tuple((c.id, c.label(language())) for c in choices),
    )


def _is_shown(view: View, figure: Figure) -> bool:
    never = {Figure.TO_CONTACT, Figure.CONSIDERING, Figure.AGREED, Figure.LEDGER}
    if figure is Figure.ELSEWHERE:
        return view.coverage.whole.elsewhere > 0 and view.mask.shows(figure)
    return view.mask.is_open or figure not in never


def shares_of(view: View) -> Shares:
    """Return the shares that the reader may see."""
    counts: Counts = view.coverage.whole
    mask = view.mask
    return Shares(
        coverage=counts.coverage if mask.shows("coverage") else None,
        bounds=counts.bounds if mask.shows("bounds") else None,
        finished=counts.finished if mask.shows("finished") else None,
    )


def _tab(view: View, dimension: Dimension, here: Dimension) -> Tab:
    coverage = view.coverage
    to = url_for(
        ".show",
        area_id=coverage.unit.id if coverage.unit else None,
        campaign=coverage.campaign.id,
        basis=coverage.basis,
        by=dimension,
        _anchor="finer",
    )
    return DIMENSION_LABELS[dimension].label(language()), to, dimension is here
