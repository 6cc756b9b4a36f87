"""Who may do what and where: roles over areas, who sees names, and when a throttled door opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.accounts.codes import Role

# These roles work with people, so they see whom they work with; leaders, auditors and administrators
# see names only where a grant says so (N6).
ROLES_WITH_NAMES = frozenset(
    {Role.GRID_WORKER, Role.DISPATCHER, Role.CLINICIAN, Role.DESK, Role.CALLER}
)
ROLE_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True)
class Grant:
    """One role over the area at ``path`` ('/1/4/') and everything below it."""

    role: Role
    area_id: int
    path: str
    sees_names: bool = False

    @property
    def shows_names(self) -> bool:
        """Whether names of residents may be shown under this grant."""
        return self.sees_names or self.role in ROLES_WITH_NAMES


@dataclass(frozen=True, slots=True)
class Scope:
    """The parts of the area tree that an act may touch, and those in which it may show names."""

    paths: tuple[str, ...]
    named_paths: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Return whether the area at ``path`` lies within the scope."""
        return any(path.startswith(root) for root in self.paths)

    def names_at(self, path: str) -> bool:
        """Return whether names of residents of the area at ``path`` may be shown."""
        return any(path.startswith(root) for root in self.named_paths)

    @property
    def sees_names(self) -> bool:
        """Whether names may be shown everywhere within the scope."""
        return all(self.names_at(path) for path in self.paths)

    @property
    def is_everywhere(self) -> bool:
        """Whether the scope is the whole tree."""
        return "/" in self.paths


EVERYWHERE = Scope(paths=("/",), named_paths=("/",))
NOWHERE = Scope(paths=())


def _roots(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda p: (len(p), p)):
        if not any(path.startswith(root) for root in kept):
            kept.append(path)
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in member of staff, as pages know them."""

    user_id: int
    username: str
    display_name: str
    language: str
    idle_lock_minutes: int
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles held anywhere, in the order of the list of roles."""
        held = {grant.role for grant in self.grants}
        return tuple(role for role in ROLE_ORDER if role in held)

    def scope_for(self, roles: Iterable[Role]) -> Scope:
        """Return where the actor holds any of ``roles``."""
        wanted = frozenset(roles)
        grants = [grant for grant in self.grants if grant.role in wanted]
        return Scope(
            paths=_roots(grant.path for grant in grants),
            named_paths=_roots(grant.path for grant in grants if grant.shows_names),
        )


def may_grant(scope: Scope, path: str) -> bool:
    """Return whether an administrator of ``scope`` may give or take rights over the area at ``path``."""
    return scope.covers(path)


def may_manage(scope: Scope, grant_paths: Sequence[str]) -> bool:
    """Return whether an administrator of ``scope`` may change an account that holds these grants.

    All of them must lie within: else a street's administrator could reset the district's password.
    """
    return all(scope.covers(path) for path in grant_paths)


@dataclass(frozen=True, slots=True)
class Throttle:
    """A door that lets ``free`` failed tries through per ``first_wait``, then fewer and fewer.

    After each further ``free`` failures within ``memory`` the wait doubles, up to ``longest_wait``.
    """

    bucket: str
    free: int
    first_wait: timedelta
    longest_wait: timedelta
    memory: timedelta = timedelta(hours=24)

    def opens_at(self, failures: Sequence[datetime], now: datetime) -> datetime | None:
        """Return when the next try is let through, or None when it is now; ``failures`` ascend."""
        remembered = [at for at in failures if at > now - self.memory]
        if len(remembered) < self.free:
            return None
        doublings = len(remembered) // self.free - 1
        wait = min(self.first_wait * 2 ** min(doublings, 20), self.longest_wait)
        recent = [at for at in remembered if at > now - wait]
        return recent[-self.free] + wait if len(recent) >= self.free else None


LOGIN_BY_ACCOUNT = Throttle(
    "login_account", free=5, first_wait=timedelta(minutes=15), longest_wait=timedelta(hours=4)
)
LOGIN_BY_ADDRESS = Throttle(
    "login_address", free=30, first_wait=timedelta(minutes=15), longest_wait=timedelta(hours=1)
)
LINK_BY_ADDRESS = Throttle(
    "link_address", free=20, first_wait=timedelta(minutes=15), longest_wait=timedelta(hours=1)
)

LINK_LIFE = timedelta(days=2)
FIRST_LINK_LIFE = timedelta(hours=24)
SITTING_LIFE = timedelta(hours=12)
