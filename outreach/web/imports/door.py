"""The blueprint of these pages, who may enter it, and the hands it gives to long work."""

from __future__ import annotations

from flask import Blueprint

from outreach.accounts.codes import Role
from outreach.kernel.clock import real_now
from outreach.kernel.process import process_name
from outreach.web.acting import Acting
from outreach.workflows.import_hand import Hand

bp = Blueprint("imports", __name__, url_prefix="/imports")

KEEPERS = (Role.GRID_WORKER, Role.ADMINISTRATOR)


def hand_of(act: Acting) -> Hand:
    """Return the hand of the present user."""
    return Hand(by=act.user_id, now=act.now, holder=process_name(), clock=real_now)
