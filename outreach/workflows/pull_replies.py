"""Fetching replies from gateways that push none, and hearing them like any other."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.orm import Session

from outreach.db import Database
from outreach.places.queries import business_clock
from outreach.ports.messages import InboundText
from outreach.workflows.hear import hear
from outreach.workflows.routes import Routes

log = logging.getLogger(__name__)


def pull_replies(database: Database, routes: Routes) -> int:
    """Pull from every gateway, with no transaction open; return how many replies were news."""
    heard = 0
    for gateway in routes.gateways:
        heard += sum(hear_one(database, text) for text in gateway.pull())
    return heard


def hear_all(database: Database, texts: Sequence[InboundText]) -> int:
    """Hear several inbound texts, each in its own transaction; return how many were news."""
    return sum(hear_one(database, text) for text in texts)


def hear_one(database: Database, text: InboundText) -> bool:
    """Hear one inbound text; a second delivery of it changes nothing."""

    def act(session: Session) -> bool:
        return hear(session, inbound=text, now=business_clock(session).now()).is_new

    return database.act(act)
