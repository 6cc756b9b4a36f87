"""What a view does its work in: one transaction, one instant, one user, one scope, one trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from flask import request

from outreach.accounts.queries import check_within
from outreach.accounts.rules import Actor, Scope
from outreach.audit.trail import Fact, Subject, record, record_view
from outreach.web.i18n import language
from outreach.web.visit import Setting, services, visit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(slots=True)
class Acting:
    """The hands of one request. ``session`` reads or writes; ``now`` is business time, read once."""

    session: Session
    now: datetime
    real_now: datetime
    actor: Actor | None
    scope: Scope
    setting: Setting
    language: str
    views: list[Subject] = field(default_factory=list)

    @property
    def user_id(self) -> int:
        """The signed-in user; only routes for members of staff may ask."""
        if self.actor is None:
            raise LookupError("nobody is signed in on this route")
        return self.actor.user_id

    @property
    def today(self) -> date:
        """The local day of ``now``."""
        return self.now.astimezone(self.setting.zone).date()

    def check_area(self, area_id: int | None) -> None:
        """Raise NotFound unless the area lies within the scope (N6)."""
        check_within(self.session, scope=self.scope, area_id=area_id)

    def saw(self, kind: str, subject_id: int) -> None:
        """Note that this page shows the details of one person; written when the block ends."""
        self.views.append((kind, subject_id))

    def record(
        self,
        act: str,
        subject: Subject,
        *,
        facts: Mapping[str, Fact] | None = None,
        reason: str = "",
    ) -> None:
        """Add an entry to the audit trail within this transaction."""
        by = self.actor.user_id if self.actor else None
        record(
            self.session, act=act, subject=subject, by=by, now=self.now, facts=facts, reason=reason
        )


@contextmanager
def acting() -> Iterator[Acting]:
    """Open one write transaction for a view; it commits at the end and rolls back on any error."""
    with services().database.write() as session:
        hands = _hands(session)
        yield hands
        _note_views(session, hands)


@contextmanager
def reading() -> Iterator[Acting]:
    """Open one consistent reading for a view; views of persons are noted when it ends.

    A page whose views cannot be noted is not shown: the write raises before the page is sent.
    """
    with services().database.read() as session:
        hands = _hands(session)
        yield hands
    if hands.views:
        with services().database.write() as session:
            _note_views(session, hands)


def _hands(session: Session) -> Acting:
    present = visit()
    return Acting(
        session=session,
        now=present.now,
        real_now=present.at,
        actor=present.actor,
        scope=present.scope,
        setting=present.setting,
        language=language(),
    )


def _note_views(session: Session, hands: Acting) -> None:
    by = hands.actor.user_id if hands.actor else None
    for subject in dict.fromkeys(hands.views):
        record_view(
            session, subject=subject, by=by, now=hands.now, page=request.endpoint or "unknown"
        )
