"""Every blueprint of the product, in one list: a new set of pages is one import and one line here."""

from __future__ import annotations

from flask import Blueprint

from outreach.web import auth, demo, health, palette
from outreach.web.admin import areas, attention, audit, place, users
from outreach.web.dispatch import day, links
from outreach.web.field import page as field
from outreach.web.hooks import http_gateway, twilio
from outreach.web.leaders import oversight, standing
from outreach.web.staff.blueprints import STAFF

ALL: tuple[Blueprint, ...] = (
    auth.bp,
    health.bp,
    palette.bp,
    demo.bp,
    attention.bp,
    users.bp,
    areas.bp,
    place.bp,
    audit.bp,
    standing.bp,
    oversight.bp,
    *STAFF,
    day.bp,
    links.bp,
    field.bp,
    twilio.bp,
    http_gateway.bp,
)
