"""The blueprints of sending, in one list."""

from __future__ import annotations

from flask import Blueprint

from outreach.web.admin.messages import (
    cadences,
    experiments,
    gateways,
    health,
    optouts,
    sending,
    wordings,
)

MESSAGE_PAGES: tuple[Blueprint, ...] = (
    sending.bp,
    wordings.bp,
    cadences.bp,
    experiments.bp,
    gateways.bp,
    health.bp,
    optouts.bp,
)
