"""Ctrl-K: finds a person, a run or a page from anywhere; capabilities register their own finders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from outreach.accounts.codes import Role
from outreach.web.access import signed_in
from outreach.web.acting import Acting, reading
from outreach.web.i18n import _, _l
from outreach.web.navigation import all_pages
from outreach.web.visit import visit

bp = Blueprint("palette", __name__)
LONGEST = 60
MOST_HITS = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: what it is called, one line about it, and where it is."""

    label: str
    detail: str
    to: str
    icon: str = "file"


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds things of one kind. ``find(act, text)`` gets a reading whose scope is that of ``roles``."""

    title: LazyString
    roles: frozenset[Role]
    find: Callable[[Acting, str], list[Hit]]


@dataclass(frozen=True, slots=True)
class Group:
    """What one finder found."""

    title: str
    hits: list[Hit]


FINDERS: list[Finder] = []


def add_finder(finder: Finder) -> None:
    """Let the palette find things of a further kind."""
    FINDERS.append(finder)


@bp.post("/find")
@signed_in("each finder searches within the scope of its own roles")
def find() -> ResponseReturnValue:
    """Return what the typed text finds (a POST, so that names never stand in addresses or logs)."""
    text = request.form.get("text", "").strip()[:LONGEST]
    groups = [group for group in _groups(text) if group.hits]
    return render_template("components/_palette_hits.html", groups=groups, text=text)


def _groups(text: str) -> list[Group]:
    groups = [Group(_("Pages"), _pages(text))]
    actor = visit().actor
    if not text or actor is None:
        return groups
    with reading() as act:
        for finder in FINDERS:
            act.scope = actor.scope_for(finder.roles)
            if act.scope.paths:
                groups.append(Group(str(finder.title), finder.find(act, text)[:MOST_HITS]))
    return [*groups[1:], groups[0]]


def _pages(text: str) -> list[Hit]:
    wanted = text.casefold()
    return [
        Hit(label=page.label, detail="", to=page.to, icon=page.icon)
        for page in all_pages(visit().actor)
        if wanted in page.label.casefold()
    ][:MOST_HITS]


SEARCH_HINT = _l("Find a person, a run or a page")
