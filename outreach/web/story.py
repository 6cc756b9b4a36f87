"""The story in eight steps, for a newcomer to a demo: who does what, and where to click (design §11)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from outreach.accounts.codes import Role
from outreach.web.access import admitted_by
from outreach.web.demo import WHY, only_in_demo
from outreach.web.i18n import _l
from outreach.web.navigation import ROLE_LABELS

bp = Blueprint("story", __name__, url_prefix="/story")


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One step: which role takes it, and what to do there."""

    role: Role
    title: LazyString
    words: LazyString


STEPS = (
    StoryStep(
        Role.GRID_WORKER,
        _l("Import a ledger"),
        _l(
            "Under “Import and reconcile”, upload a community's spreadsheet and see each row's outcome."
        ),
    ),
    StoryStep(
        Role.GRID_WORKER,
        _l("Call Zhao"),
        _l(
            "On “Today”, open her, note that she stays at her daughter's, log the call, ask the doctor."
        ),
    ),
    StoryStep(
        Role.CLINICIAN,
        _l("Answer her question"),
        _l("Under “Questions waiting”. The grid worker then calls a third time, and she agrees."),
    ),
    StoryStep(
        Role.GRID_WORKER,
        _l("Book a slot"),
        _l(
            "From her page: our car both ways, an escort. A way there without a way home is refused."
        ),
    ),
    StoryStep(
        Role.DISPATCHER,
        _l("Give her a car"),
        _l("On “The day” of her slot: open the runs, put an escort on one, find a place, publish."),
    ),
    StoryStep(
        Role.DISPATCHER,
        _l("Read the daughter's phone"),
        _l("The demo bar opens it; answer “确认”. Then move the clock to the morning of the slot."),
    ),
    StoryStep(
        Role.DISPATCHER,
        _l("Ride along"),
        _l("“Escort” in the demo bar opens the phone: fetched, at the site, jabbed, ready, home."),
    ),
    StoryStep(
        Role.LEADER,
        _l("See coverage rise by one"),
        _l(
            "Once the dose is entered with its proof, the line is struck off; every number opens its people."
        ),
    ),
)


@bp.get("")
@admitted_by(only_in_demo, WHY)
def show() -> ResponseReturnValue:
    """Show the eight steps, each with the role that takes it."""
    return render_template("story/show.html", steps=STEPS, roles=ROLE_LABELS)
