"""Leaders' pages kept under a name, private or shared; they stand on the reports page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.saved_views import drop_view, save_view, views_of
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting
from outreach.web.forms import Form
from outreach.web.htmx import go, local_path
from outreach.web.i18n import _
from outreach.web.leaders.standing import READERS
from outreach.web.notices import notify

KEPT_AS = "leaders"
PAGES = ("/standing", "/oversight/")  # addresses that may be kept; anything else leads nowhere


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept page as the reports page lists it."""

    view_id: int
    name: str
    to: str
    is_mine: bool
    by_name: str


def kept_views(act: Acting) -> list[Kept]:
    """Return one's own kept pages and those that colleagues share."""
    views = views_of(act.session, user_id=act.user_id, page=KEPT_AS)
    return [
        Kept(view.view_id, view.name, view.query, view.is_mine, view.by_name)
        for view in views
        if _address(view.query)
    ]


def _address(wish: str) -> str:
    """Return a leader's page without its page number, or nothing when the address is no such page."""
    parts = urlsplit(local_path(wish, otherwise=""))
    if not parts.path.startswith(PAGES):
        return ""
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query) if k != "page"])
    return f"{parts.path}?{query}" if query else parts.path


@allowed(*READERS)
def keep() -> ResponseReturnValue:
    """Keep the page one looks at under a name."""
    form = Form(request.form)
    to = _address(form["seen_at"])
    with form.catching():
        name = form.text("view_name", required=True, longest=40)
        form.check()
        with acting() as act:
            save_view(
                act.session,
                user_id=act.user_id,
                page=KEPT_AS,
                name=name,
                query=to or url_for("standing.show"),
                is_shared=form.yes("is_shared"),
                now=act.now,
            )
        notify(_("Kept. It stands on the page of reports."))
    if form.errors:
        notify(_("Please give the view a name of at most 40 characters."), kind="warning")
    return go(to or url_for("standing.show"))


@allowed(*READERS)
def drop(view_id: int) -> ResponseReturnValue:
    """Forget one of one's own kept pages."""
    with acting() as act:
        drop_view(act.session, view_id=view_id, user_id=act.user_id)
    notify(_("Forgotten."))
    return go(url_for("reports.index"))
