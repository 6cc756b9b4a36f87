"""Who may open a route and for which part of the area tree: the one place where that is decided.

Every view function states its right by one decorator below; a route without one answers nobody
(``tests/test_every_route_has_a_role.py`` lists them all). The decorators only state: ``guard`` checks,
once, before any view runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from flask import current_app, request

from outreach.accounts.codes import Role
from outreach.accounts.rules import NOWHERE, Actor, Scope
from outreach.kernel.errors import NotAllowed, OutreachError

View = TypeVar("View", bound=Callable[..., object])
Check = Callable[[], None]


class Door(StrEnum):
    """By which kind of right a route is entered."""

    ROLES = "roles"
    SIGNED_IN = "signed_in"
    ANYONE = "anyone"
    CHECKED = "checked"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Right:
    """What a route asks of its visitor."""

    door: Door
    roles: frozenset[Role] = frozenset()
    why: str = ""
    check: Check | None = None

    def __str__(self) -> str:
        if self.door is Door.ROLES:
            return " ".join(sorted(self.roles))
        return f"{self.door}: {self.why}" if self.why else str(self.door)


class SignInNeeded(OutreachError):
    """The page is for members of staff and nobody is signed in."""

    status = 401


class ScreenLocked(OutreachError):
    """The sitting is locked; the password opens it again."""

    status = 401


def allowed(*roles: Role) -> Callable[[View], View]:
    """State that the route is for members of staff who hold one of these roles, within their areas."""
    if not roles:
        raise ValueError("name the roles")
    return _state(Right(Door.ROLES, roles=frozenset(roles)))


def signed_in(why: str) -> Callable[[View], View]:
    """State that the route is for every member of staff and shows nothing of any resident."""
    return _state(Right(Door.SIGNED_IN, why=why))


def open_to_all(why: str) -> Callable[[View], View]:
    """State that the route is for everybody, and why that is safe."""
    return _state(Right(Door.ANYONE, why=why))


def admitted_by(check: Check, why: str) -> Callable[[View], View]:
    """State that ``check`` admits the visitor (a field or family link, the demo); it raises otherwise."""
    return _state(Right(Door.CHECKED, why=why, check=check))


def admitted_by_signature(check: Check, why: str) -> Callable[[View], View]:
    """State that a machine's signature admits it; such a route has no cookie and needs no CSRF token."""
    return _state(Right(Door.SIGNATURE, why=why, check=check))


def _state(right: Right) -> Callable[[View], View]:
    def keep(view: View) -> View:
        view.__dict__["right"] = right
        return view

    return keep


def right_of(endpoint: str) -> Right | None:
    """Return the right that the endpoint's view states, or None."""
    view = current_app.view_functions.get(endpoint)
    right = getattr(view, "right", None)
    return right if isinstance(right, Right) else None


def guard(actor: Actor | None, *, is_locked: bool) -> Scope:
    """Return the scope in which the present route may act; raise when the visitor may not enter."""
    if request.endpoint is None:  # no such page: the 404 handler answers
        return NOWHERE
    right = right_of(request.endpoint)
    if right is None:
        raise NotAllowed("route_without_right")
    if right.check is not None:
        right.check()
    if right.door in {Door.ANYONE, Door.CHECKED, Door.SIGNATURE}:
        return NOWHERE
    if actor is None:
        raise SignInNeeded
    if is_locked:
        raise ScreenLocked
    if right.door is Door.SIGNED_IN:
        return NOWHERE
    scope = actor.scope_for(right.roles)
    if not scope.paths:
        raise NotAllowed("not_allowed")
    return scope


def may_open(endpoint: str, actor: Actor | None) -> bool:
    """Return whether the actor may enter the endpoint at all: menus and the palette ask this."""
    right = right_of(endpoint)
    if right is None:
        return False
    if right.door is Door.ROLES:
        return actor is not None and bool(right.roles.intersection(actor.roles))
    return right.door is Door.ANYONE or (right.door is Door.SIGNED_IN and actor is not None)
