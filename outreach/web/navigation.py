"""Where each role can go: the sidebars, at most seven entries each, and the pages the palette finds.

An entry shows as soon as its endpoint exists and the visitor may open it, so that the table can name
the whole map (design §11) and every page is one line here.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel.speaklater import LazyString

from outreach.accounts.codes import Role
from outreach.accounts.rules import Actor
from outreach.web.access import may_open
from outreach.web.i18n import _l

MOST_ENTRIES = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in a sidebar. ``also`` are endpoint prefixes under which it is shown as the present one."""

    endpoint: str
    label: LazyString
    icon: str
    also: tuple[str, ...] = ()


TODAY = Entry("worklist.today", _l("Today"), "phone-call", also=("worklist.",))
LEDGER = Entry("ledger.index", _l("Ledger"), "address-book", also=("ledger.", "residents."))
IMPORTS = Entry("imports.index", _l("Import and reconcile"), "table-import", also=("imports.",))
BOOKINGS = Entry("bookings.index", _l("Bookings"), "calendar-check", also=("bookings.",))
ASKED = Entry("questions.asked", _l("Questions asked"), "message-question")
INBOX = Entry("inbox.index", _l("Replies"), "inbox", also=("inbox.",))
PUBLICITY = Entry("publicity.index", _l("Publicity"), "speakerphone", also=("publicity.",))
DAY = Entry("day.show", _l("The day"), "steering-wheel", also=("day.", "moves.", "watch."))
FLEET = Entry("fleet.index", _l("Fleet"), "car", also=("fleet.",))
CREW = Entry("crew.index", _l("People and shifts"), "users", also=("crew.", "crew_person."))
SITES = Entry("sites.index", _l("Sessions at sites"), "building-hospital", also=("sites.",))
UNMET = Entry("unmet.index", _l("Unmet need"), "mood-sad", also=("unmet.",))
CLOSING = Entry("closing.show", _l("Closing proof"), "home-check", also=("closing.",))
QUESTIONS = Entry(
    "questions.index", _l("Questions waiting"), "message-question", also=("questions.",)
)
DESK = Entry(
    "desk.show",
    _l("The desk"),
    "vaccine",
    also=("desk.", "desk_person.", "walk_in.", "observations."),
)
RIDE_CHECKS = Entry(
    "ride_checks.index", _l("Check before the ride"), "clipboard-heart", also=("ride_checks.",)
)
ROUNDS = Entry("home_rounds.index", _l("Home rounds"), "bed", also=("home_rounds.",))
CARDS = Entry("cards.index", _l("Answer cards"), "cards", also=("cards.",))
DEFERRALS = Entry(
    "deferrals.index", _l("Deferrals to review"), "calendar-pause", also=("deferrals.",)
)
OBSERVATIONS = Entry("observations.index", _l("Observations"), "stopwatch", also=("observations.",))
BATCHES = Entry("batches.index", _l("Batches and recalls"), "package", also=("batches.",))
STANDING = Entry("standing.show", _l("Where we stand"), "chart-bar", also=("standing.",))
FUNNEL = Entry("oversight.work", _l("Work"), "filter", also=("oversight.work", "oversight.cohorts"))
RIDES = Entry("oversight.rides", _l("Rides"), "car", also=("oversight.rides",))
TRAFFIC = Entry("oversight.messages", _l("Messages"), "messages", also=("oversight.messages",))
UNITS = Entry("oversight.units", _l("Responsibility"), "sitemap", also=("oversight.units",))
WHAT_IF = Entry(
    "oversight.what_if", _l("What it would take"), "adjustments", also=("oversight.what",)
)
REPORTS = Entry("reports.index", _l("Reports"), "report", also=("reports.",))
ATTENTION = Entry("attention.index", _l("What needs attention"), "bell", also=("attention.",))
USERS = Entry("users.index", _l("Users and rights"), "user-shield", also=("users.",))
AREAS = Entry("areas.index", _l("Areas and place"), "map-2", also=("areas.", "place."))
CAMPAIGNS = Entry(
    "campaigns.index",
    _l("Campaigns and wordings"),
    "flag",
    also=("campaigns.", "wordings.", "batches.", "sending.", "cadences.", "experiments."),
)
GATEWAYS = Entry(
    "gateways.index",
    _l("Gateways"),
    "antenna",
    also=("gateways.", "message_health.", "opt_outs."),
)
AUDIT = Entry("audit.index", _l("Audit"), "eye-check", also=("audit.",))
BACKUPS = Entry("backups.index", _l("Backup"), "database", also=("backups.",))

SIDEBAR: dict[Role, tuple[Entry, ...]] = {
    Role.GRID_WORKER: (TODAY, LEDGER, IMPORTS, BOOKINGS, INBOX, ASKED, PUBLICITY),
    Role.CALLER: (TODAY, INBOX, ASKED, RIDE_CHECKS),
    Role.DISPATCHER: (DAY, FLEET, CREW, SITES, BOOKINGS, UNMET, CLOSING),
    Role.CLINICIAN: (QUESTIONS, DESK, RIDE_CHECKS, ROUNDS, CARDS, DEFERRALS, BATCHES),
    Role.DESK: (DESK, OBSERVATIONS, RIDE_CHECKS, ROUNDS, SITES),
    Role.LEADER: (STANDING, FUNNEL, RIDES, TRAFFIC, UNITS, WHAT_IF, REPORTS),
    Role.AUDITOR: (AUDIT, STANDING),
    Role.ADMINISTRATOR: (ATTENTION, USERS, AREAS, CAMPAIGNS, GATEWAYS, AUDIT, BACKUPS),
}

ROLE_LABELS: dict[Role, LazyString] = {
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.GRID_WORKER: _l("Grid worker"),
    Role.DISPATCHER: _l("Dispatcher"),
    Role.CLINICIAN: _l("Clinician"),
    Role.DESK: _l("Site desk"),
    Role.LEADER: _l("Leader"),
    Role.AUDITOR: _l("Auditor"),
    Role.CALLER: _l("Caller"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a template shows it."""

    label: str
    icon: str
    to: str
    is_here: bool


def sidebar(role: Role | None, actor: Actor | None) -> list[Link]:
    """Return the entries of a role's sidebar that exist and that the visitor may open."""
    return (
        [_link(entry) for entry in SIDEBAR.get(role, ()) if _is_open(entry, actor)] if role else []
    )


def landing(role: Role | None, actor: Actor | None) -> str | None:
    """Return the address of the role's first page, or None when there is none to open."""
    links = sidebar(role, actor)
    return links[0].to if links else None


def all_pages(actor: Actor | None) -> list[Link]:
    """Return every page of any sidebar that the visitor may open, each once."""
    entries = dict.fromkeys(entry for entries in SIDEBAR.values() for entry in entries)
    return [_link(entry) for entry in entries if _is_open(entry, actor)]


def _is_open(entry: Entry, actor: Actor | None) -> bool:
    return entry.endpoint in current_app.view_functions and may_open(entry.endpoint, actor)


def _link(entry: Entry) -> Link:
    here = request.endpoint or ""
    is_here = here == entry.endpoint or any(here.startswith(prefix) for prefix in entry.also)
    return Link(
        label=str(entry.label), icon=entry.icon, to=url_for(entry.endpoint), is_here=is_here
    )
