"""Every blueprint of the product, in one list: a new set of pages is one import and one line here."""

from __future__ import annotations

from flask import Blueprint

from outreach.web import auth, demo, health, palette, story
from outreach.web.admin import areas, attention, audit, backups, boundaries, place, users
from outreach.web.admin import first_steps as _first_steps  # noqa: F401 - it watches, without pages
from outreach.web.admin.campaign_pages import CAMPAIGN_PAGES
from outreach.web.admin.messages.pages import MESSAGE_PAGES
from outreach.web.desk import checks as desk_checks
from outreach.web.desk import clocks, desk, next_dose, person, rounds, walk_in
from outreach.web.dispatch import (
    checks,
    closing,
    crew,
    crew_person,
    day,
    explaining,
    fieldwork,
    fleet,
    links,
    moves,
    paper,
    plans,
    publishing,
    repairs,
    sites,
    unmet,
    watch,
)
from outreach.web.family import handing
from outreach.web.family import page as family_page
from outreach.web.field import offline as field_offline
from outreach.web.field import page as field
from outreach.web.hooks import http_gateway, twilio
from outreach.web.imports import pages as imports
from outreach.web.leaders import history, oversight, reports, standing
from outreach.web.staff.blueprints import STAFF

ALL: tuple[Blueprint, ...] = (
    auth.bp,
    health.bp,
    palette.bp,
    demo.bp,
    story.bp,
    attention.bp,
    users.bp,
    areas.bp,
    boundaries.bp,
    place.bp,
    *CAMPAIGN_PAGES,
    *MESSAGE_PAGES,
    audit.bp,
    backups.bp,
    standing.bp,
    history.bp,
    oversight.bp,
    reports.bp,
    *STAFF,
    imports.bp,
    day.bp,
    moves.bp,
    checks.bp,
    watch.bp,
    unmet.bp,
    plans.bp,
    repairs.bp,
    publishing.bp,
    explaining.bp,
    links.bp,
    fieldwork.bp,
    paper.bp,
    closing.bp,
    sites.bp,
    fleet.bp,
    crew.bp,
    crew_person.bp,
    desk.bp,
    person.bp,
    next_dose.bp,
    walk_in.bp,
    clocks.bp,
    desk_checks.bp,
    rounds.bp,
    field.bp,
    field_offline.bp,
    family_page.bp,
    handing.bp,
    twilio.bp,
    http_gateway.bp,
)
