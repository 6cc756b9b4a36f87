"""The report of what is missing: no telephone or address means no service; every figure opens its people."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.queries import default_campaign
from outreach.ledger.gaps import GAPS, GapLine, gap_lines
from outreach.web.access import allowed
from outreach.web.acting import reading
from outreach.web.forms import Form
from outreach.web.staff.looks import MISSING_LABELS
from outreach.web.tags import coded

bp = Blueprint("gaps", __name__, url_prefix="/ledger/missing")


@bp.get("")
@allowed(Role.GRID_WORKER)
def index() -> ResponseReturnValue:
    """Show how many people lack what, by grid or community."""
    form = Form(request.args)
    with reading() as act:
        campaign_id = int(form.whole("campaign") or default_campaign(act.session).id)
        lines, total = gap_lines(
            act.session, campaign_id=campaign_id, scope=act.scope, day=act.today
        )
    return render_template(
        "staff/ledger/missing.html",
        lines=lines,
        total=total,
        gaps=[(gap, coded(MISSING_LABELS[gap])) for gap in GAPS],
        opens=lambda line, gap: _opens(campaign_id, line, gap),
    )


def _opens(campaign_id: int, line: GapLine, gap: str) -> str:
    asked: dict[str, object] = {"campaign": campaign_id, "missing": gap}
    if line.area_id:
        asked["area"] = line.grid_id or line.area_id
    if line.grid_id == 0:
        asked["no_grid"] = 1
    return f"{url_for('ledger.index')}?{urlencode(asked)}"
