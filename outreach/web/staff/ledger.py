"""The ledger's list: instant search, filters in the address, saved views, bulk assignment, export."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from outreach.accounts.codes import Role
from outreach.accounts.saved_views import View, drop_view, save_view, views_of
from outreach.adapters.people_sheet import to_csv, to_xlsx
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.queries import default_campaign, list_campaigns
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import (
    MOBILITY,
    NEXT_ACTION_LABELS,
    STATUS_LABELS,
    EntryStatus,
    NextAction,
)
from outreach.ledger.ledger_filter import NO_GRID, LedgerFilter
from outreach.ledger.people_list import (
    PAGE,
    LedgerPage,
    LedgerRow,
    Order,
    export_rows,
    list_ids,
    list_people,
)
from outreach.ledger.search import search
from outreach.places.areas import area_choices
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, _l, language
from outreach.web.lists import page_number, pages
from outreach.web.notices import notify
from outreach.web.palette import Finder, Hit, add_finder
from outreach.web.staff.looks import MISSING_LABELS
from outreach.web.tags import coded
from outreach.workflows.assign_lines import assign_lines, colleagues

bp = Blueprint("ledger", __name__, url_prefix="/ledger")

READERS = (Role.GRID_WORKER, Role.CLINICIAN, Role.DISPATCHER, Role.DESK)
KEEPERS = (Role.GRID_WORKER,)
PAGE_NAME = "ledger"
ORDERS = {
    Order.NEXT_CONTACT: _l("Next contact"),
    Order.NAME: _l("Name"),
    Order.OLDEST: _l("Oldest first"),
    Order.PAST_DUE: _l("Longest past due"),
    Order.CHANGED: _l("Last changed"),
}
MOST_EXPORTED = 20_000


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer."""

    campaigns: list[tuple[int, str]]
    areas: list[tuple[int, str]]
    workers: list[tuple[int, str]]
    views: list[View]


@dataclass(frozen=True, slots=True)
class StatusChip:
    """One status with how many lines are in it; it opens exactly those (N7)."""

    status: EntryStatus
    count: int
    to: str
    is_chosen: bool


@bp.get("")
@allowed(*READERS)
def index() -> ResponseReturnValue:
    """Show the lines that the address asks for, with counts by status that open them."""
    form = Form(request.args)
    with reading() as act:
        asked = _asked(act, form)
        order = form.one_of("order", Order, required=False) or Order.NEXT_CONTACT
        found = list_people(
            act.session,
            asked=asked,
            scope=act.scope,
            day=act.today,
            order=order,
            page=page_number(),
        )
        offered = _choices(act)
    return page_or_fragment(
        "staff/ledger/index.html",
        "staff/ledger/_rows.html",
        found=found,
        chips=_chips(found, asked),
        pages=pages(found.total, size=PAGE),
        choices=offered,
        options=options(),
        form=form,
        asked=asked,
        day=act.today,
        query=urlencode(list(_kept().items(multi=True))),
    )


def _asked(act: Acting, form: Form) -> LedgerFilter:
    """Read the filter out of the address; what cannot be read asks nothing."""
    alone = form.code("alone", {"yes", "no"}, required=False)
    campaign = form.whole("campaign") or default_campaign(act.session).id
    statuses = {EntryStatus(s) for s in form.many("status") if s in set(EntryStatus)}
    area = form.whole("area")
    if area is not None:
        act.check_area(int(area))
    return LedgerFilter(
        campaign_id=int(campaign),
        area_id=int(area) if area is not None else None,
        grid_id=NO_GRID if form.yes("no_grid") else None,
        statuses=frozenset(statuses),
        next_actions=frozenset(a for a in form.many("action") if a and a in set(NextAction)),
        assigned_to=form.whole("assigned"),
        age_from=form.whole("age_from", least=0, most=130),
        age_until=form.whole("age_until", least=0, most=130),
        mobility=frozenset(m for m in form.many("mobility") if m in MOBILITY),
        lives_alone={"yes": True, "no": False}.get(alone),
        due_until=act.today if form.yes("due") else None,
        missing=form.code("missing", MISSING_LABELS, required=False),
        to_verify=True if form.yes("to_verify") else None,
        text=form.text("text", longest=60),
    )


def _kept() -> MultiDict[str, str]:
    """Return the filters of the address without the page and without empty ones."""
    return MultiDict((k, v) for k, v in request.args.items(multi=True) if v and k != "page")


def _chips(found: LedgerPage, asked: LedgerFilter) -> list[StatusChip]:
    others = [(k, v) for k, v in _kept().items(multi=True) if k != "status"]
    return [
        StatusChip(
            status=status,
            count=count,
            to=f"{url_for('.index')}?{urlencode([*others, ('status', str(status))])}",
            is_chosen=status in asked.statuses,
        )
        for status, count in found.by_status.items()
    ]


def _choices(act: Acting) -> Choices:
    open_ones = list_campaigns(
        act.session, states=[CampaignState.OPEN, CampaignState.PAUSED, CampaignState.CLOSED]
    )
    zh = language() == "zh"
    return Choices(
        campaigns=[(c.id, c.name_zh if zh else c.name_en) for c in open_ones],
        areas=area_choices(act.session, roots=act.scope.paths),
        workers=colleagues(act.session, scope=act.scope),
        views=views_of(act.session, user_id=act.user_id, page=PAGE_NAME),
    )


def options() -> dict[str, list[tuple[str, str]]]:
    """Return the coded lists that the filters offer, as (value, label)."""
    lists = {
        "statuses": STATUS_LABELS,
        "actions": NEXT_ACTION_LABELS,
        "mobility": MOBILITY,
        "missing": MISSING_LABELS,
    }
    found = {name: [(k, coded(v)) for k, v in entries.items()] for name, entries in lists.items()}
    return found | {"orders": [(str(k), str(v)) for k, v in ORDERS.items()]}


@bp.post("/views")
@allowed(*READERS)
def keep_view() -> ResponseReturnValue:
    """Keep the present filters under a name."""
    form = Form(request.form)
    query = urlencode([(k, v) for k, v in parse_qsl(form["query"]) if k != "page"])
    with form.catching():
        with acting() as act:
            save_view(
                act.session,
                user_id=act.user_id,
                page=PAGE_NAME,
                name=form.text("view_name", required=True, longest=40),
                query=query,
                is_shared=form.yes("is_shared"),
                now=act.now,
            )
        notify(_("Kept. It stands above the list."))
    if form.errors:
        notify(_("Please give the view a name of at most 40 characters."), kind="warning")
    return go(f"{url_for('.index')}?{query}")


@bp.post("/views/<int:view_id>/drop")
@allowed(*READERS)
def forget_view(view_id: int) -> ResponseReturnValue:
    """Forget one of one's own views."""
    with acting() as act:
        drop_view(act.session, view_id=view_id, user_id=act.user_id)
    notify(_("Forgotten."))
    return go(url_for(".index"))


@bp.post("/assign")
@allowed(*KEEPERS)
def assign() -> ResponseReturnValue:
    """Give the ticked lines to a colleague, or to nobody."""
    form = Form(request.form)
    ids = [int(text) for text in form.many("entry") if text.isascii() and text.isdigit()]
    to = form.whole("to")
    with acting() as act:
        if form.yes("everyone"):
            ids = _found(act, form["query"])
        changed = assign_lines(
            act.session,
            entry_ids=ids,
            to=int(to) if to else None,
            scope=act.scope,
            by=act.user_id,
            now=act.now,
        )
    notify(_("%(count)s lines changed hands.", count=changed))
    return go(f"{url_for('.index')}?{form['query']}")


def _found(act: Acting, query: str) -> list[int]:
    asked = _asked(act, Form(MultiDict(parse_qsl(query))))
    return list_ids(act.session, asked=asked, scope=act.scope, day=act.today, limit=MOST_EXPORTED)


@bp.post("/export.<kind>")
@allowed(*KEEPERS)
def export(kind: str) -> ResponseReturnValue:
    """Give the lines that the filters ask for as a file; who took whom along is in the trail."""
    if kind not in _TYPES:
        raise NotFound("not_found")
    form = Form(MultiDict(parse_qsl(request.form.get("query", ""))))
    with acting() as act:
        asked = _asked(act, form)
        rows = list(
            export_rows(
                act.session, asked=asked, scope=act.scope, day=act.today, limit=MOST_EXPORTED
            )
        )
        for row in rows:
            act.record("export", ("resident", row.resident_id), facts={"kind": kind})
        mark = _watermark(act)
    write = to_xlsx if kind == "xlsx" else to_csv
    body = write(_headings(), (_cells(row) for row in rows), watermark=mark)
    answer = Response(body, mimetype=_TYPES[kind])
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"ledger-{act.today:%Y%m%d}.{kind}"
    )
    return answer


_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def _watermark(act: Acting) -> str:
    name = act.actor.display_name if act.actor else ""
    at = act.now.astimezone(act.setting.zone)
    taken = _(
        "Taken out by %(name)s on %(at)s. Not to be passed on.",
        name=name,
        at=f"{at:%Y-%m-%d %H:%M}",
    )
    return str(taken)


def _headings() -> list[str]:
    return [
        _("Full name"),
        _("Age"),
        _("Community"),
        _("Grid"),
        _("Address"),
        _("How they move"),
        _("Status"),
        _("Next"),
        _("Next contact"),
        _("Doses"),
        _("Last dose"),
        _("Due from"),
        _("Looked after by"),
    ]


def _cells(row: LedgerRow) -> list[str]:
    return [
        row.name,
        str(row.age if row.age is not None else ""),
        row.community,
        row.grid,
        row.address,
        coded(MOBILITY[row.mobility]),
        coded(STATUS_LABELS[row.status]),
        coded(NEXT_ACTION_LABELS[row.next_action]) if row.next_action else "",
        row.next_contact_on.isoformat() if row.next_contact_on else "",
        str(row.doses_counted),
        row.last_dose_on.isoformat() if row.last_dose_on else "",
        row.earliest_on.isoformat() if row.earliest_on else "",
        row.assigned_name,
    ]


def find_people(act: Acting, text: str) -> list[Hit]:
    """Find people for the palette, within the finder's own areas."""
    found = search(act.session, text=text, scope=act.scope, day=act.today, limit=8)
    return [
        Hit(
            label=f"{person.name} {person.age or ''}".strip(),
            detail=" · ".join(filter(None, (person.community, person.address))),
            to=url_for("residents.show", resident_id=person.resident_id),
            icon="user",
        )
        for person in found
    ]


add_finder(Finder(title=_l("People"), roles=frozenset(READERS), find=find_people))
