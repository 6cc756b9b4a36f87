"""Roles and kinds of one-time links."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do, always together with an area (decisions §1)."""

    ADMINISTRATOR = "administrator"
    GRID_WORKER = "grid_worker"
    DISPATCHER = "dispatcher"
    CLINICIAN = "clinician"
    DESK = "desk"
    LEADER = "leader"
    AUDITOR = "auditor"
    CALLER = "caller"


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    FIRST_ADMINISTRATOR = "first_administrator"
    INVITATION = "invitation"
    RESET = "reset"


class FieldKind(StrEnum):
    """Who holds a field link."""

    DRIVER = "driver"
    ESCORT = "escort"
