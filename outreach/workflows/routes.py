"""Which gateway carries a message: the first that can and is well, the second while it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import phonenumbers
from sqlalchemy.orm import Session

from outreach.contact.circuit import Health, may_send
from outreach.contact.codes import Channel
from outreach.contact.gateway_states import healths, take_probe
from outreach.contact.message_models import Message
from outreach.ports.messages import Capabilities, MessageGateway


class NoRoute(Enum):
    """Why no gateway was chosen."""

    NEVER = "never"
    NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True)
class Routes:
    """The gateways of this installation, the preferred one first.

    ``family_door`` is the address under which families open their page from anywhere; empty without one.
    """

    gateways: tuple[MessageGateway, ...]
    family_door: str = ""

    def capabilities(self, to: str) -> Capabilities:
        """Return what the preferred route can carry to a number: what planning counts on."""
        return self.gateways[0].capabilities(to)

    def carriers(self, *, country: str) -> list[tuple[str, Capabilities]]:
        """Return every route with what it carries to a mobile of this country."""
        to = example_mobile(country)
        return [(gateway.name, gateway.capabilities(to)) for gateway in self.gateways]

    def named(self, name: str) -> MessageGateway | None:
        """Return the gateway of this name, or None."""
        return next((g for g in self.gateways if g.name == name), None)

    def healths(self, session: Session) -> dict[str, Health]:
        """Read how the routes are."""
        return healths(session, [gateway.name for gateway in self.gateways])


class OpenRoutes:
    """The routes as they stand for one batch of messages."""

    def __init__(
        self,
        session: Session,
        gateways: Sequence[MessageGateway],
        *,
        known: Mapping[str, Health],
        real_now: datetime,
    ) -> None:
        self._session, self._gateways, self._real_now = session, gateways, real_now
        self._health = known
        self._probing: set[str] = set()

    def choose(self, message: Message, *, to: str) -> MessageGateway | NoRoute:
        """Return the gateway for one message; NEVER when none can carry it at all."""
        able = [g for g in self._gateways if can_carry(g.capabilities(to), message.channel)]
        if not able:
            return NoRoute.NEVER
        for gateway in self._order(able, message):
            if self._is_free(gateway.name):
                return gateway
        return NoRoute.NOT_NOW

    def _order(self, able: list[MessageGateway], message: Message) -> list[MessageGateway]:
        first = able[0]
        # The same message always falls to the same side while shares stay: no dice to reproduce.
        draw = int(message.uuid[:8], 16) / 0x1_0000_0000
        if len(able) == 1 or draw < self._health[first.name].weight:
            return able
        return [*able[1:], first]

    def _is_free(self, name: str) -> bool:
        health = self._health[name]
        if not may_send(health, self._real_now):
            return False
        if not health.is_open:
            return True
        if name in self._probing:
            return False
        self._probing.add(name)
        return take_probe(self._session, name=name, real_now=self._real_now)


def example_mobile(country: str) -> str:
    """Return a number of a country's mobiles: routes answer by it, nobody is ever written to."""
    found = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if found is None:
        return "+8613800000000"
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def can_carry(able: Capabilities, channel: Channel) -> bool:
    """Say whether a route carries a channel at all."""
    return able.voice if channel is Channel.VOICE else able.texts


def is_any_open(known: Mapping[str, Health], *, real_now: datetime) -> bool:
    """Say whether claiming makes sense: at least one route would take a message or a probe."""
    return any(may_send(health, real_now) for health in known.values())
