"""The first steps of a new installation, told where its administrator begins."""

from __future__ import annotations

from flask import url_for

from outreach.web.acting import Acting
from outreach.web.admin.attention import Matter, add_watcher
from outreach.web.i18n import _
from outreach.workflows.first_steps import FirstStep, steps_left


@add_watcher
def first_steps(act: Acting) -> list[Matter]:
    """Name what nobody has set up yet, in the order in which it is done."""
    matters = {
        FirstStep.AREAS: Matter(
            title=_("To begin: name your areas"),
            detail=_("Streets, communities and grids can be pasted from a spreadsheet."),
            tone="info",
            to=url_for("areas.index"),
            action=_("Open the areas"),
        ),
        FirstStep.PEOPLE: Matter(
            title=_("To begin: invite who works here"),
            detail=_(
                "At least one grid worker with an area: grid workers import lists and call people."
            ),
            tone="info",
            to=url_for("users.new"),
            action=_("Invite someone"),
        ),
        FirstStep.SITES: Matter(
            title=_("To begin: enter sites and cars"),
            detail=_(
                "A dispatcher does so under “Sessions at sites”, “Fleet” and “People and shifts”."
            ),
            tone="info",
        ),
        FirstStep.LIST: Matter(
            title=_("To begin: import the first list"),
            detail=_(
                "A grid worker uploads the community's spreadsheet under “Import and reconcile”."
            ),
            tone="info",
        ),
    }
    return [matters[step] for step in steps_left(act.session)]
