"""Of which unit and days a page of measured work speaks, as its address asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for

from outreach.oversight.coverage import children_of, choose_campaign
from outreach.oversight.measures import span_of
from outreach.oversight.span import LONGEST_DAYS, Span
from outreach.web.acting import Acting
from outreach.web.forms import Form
from outreach.web.i18n import _

USUAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class Seen:
    """A span as a page shows it: where, when, and whether its numbers open."""

    span: Span
    area_id: int | None
    title: str
    units: tuple[tuple[int, str], ...]
    sees_names: bool

    def address(self, opens: str) -> str:
        """Return the address of the people behind a number."""
        values: dict[str, Any] = {
            "list": opens,
            "campaign": self.span.campaign_id,
            "since": self.span.since.isoformat(),
            "until": self.span.until.isoformat(),
        }
        if self.area_id is not None:
            values["area"] = self.area_id
        return url_for("oversight.people", **values)


def seen_of(act: Acting, form: Form) -> Seen:
    """Return the unit and days that the address asks for: the last week of the reader's own units."""
    until = form.day("until") or act.today
    since = form.day("since") or until - timedelta(days=USUAL_DAYS - 1)
    since = max(since, until - timedelta(days=LONGEST_DAYS - 1))
    campaign = choose_campaign(act.session, form.whole("campaign"))
    area_id = form.whole("area")
    span = span_of(
        act.session,
        area_id=area_id,
        campaign_id=campaign.id,
        days=(since, until),
        zone=act.setting.zone,
        scope=act.scope,
    )
    below = (
        children_of(act.session, span.units[0], scope=act.scope)
        if len(span.units) == 1
        else span.units
    )
    return Seen(
        span=span,
        area_id=area_id,
        title=span.units[0].name if len(span.units) == 1 else _("Your units"),
        units=tuple((unit.id, unit.name) for unit in below),
        sees_names=all(act.scope.names_at(unit.path) for unit in span.units),
    )
