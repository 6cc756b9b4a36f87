"""The default gateway: everything lands on invented phones in the database, where one can read and answer."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select

from outreach.contact.codes import Channel
from outreach.contact.message_models import SimulatedText
from outreach.db import Database, vault_of
from outreach.places.queries import business_clock
from outreach.ports.messages import (
    Accepted,
    Capabilities,
    Delivery,
    Envelope,
    Finding,
    Found,
    InboundText,
    NotThere,
    Outcome,
    Sought,
)

_KEYPAD = "129"


class ConsoleGateway:
    """The phone simulator as a route: it takes everything at once and can always be asked."""

    name = "console"

    def __init__(self, database: Database) -> None:
        self._database = database

    def capabilities(self, to: str) -> Capabilities:
        """Return what the simulator carries: texts and calls, with answers."""
        del to
        return Capabilities(
            voice=True,
            keypress=True,
            two_way=True,
            can_be_asked=True,
            texts_to_landlines=False,
        )

    def send(self, envelope: Envelope) -> Outcome:
        """Put a text, or what a call says, on the phone of that number."""
        row_id = uuid4().hex
        with self._database.write() as session:
            vault = vault_of(session)
            is_call = envelope.channel == Channel.VOICE.value
            session.add(
                SimulatedText(
                    uuid=row_id,
                    number_index=vault.index(envelope.to, purpose="phone"),
                    number_sealed=vault.seal(
                        envelope.to, table="simulated_text", column="number_sealed", row=row_id
                    ),
                    is_outbound=True,
                    channel=Channel(envelope.channel),
                    body=envelope.body,
                    reference=envelope.reference,
                    keypad=_KEYPAD if is_call else "",
                    at=business_clock(session).now(),
                )
            )
        return Accepted(provider_id=f"console-{row_id}", is_delivered=True)

    def find(self, sought: Sought) -> Finding:
        """Say whether a message lies on its phone."""
        with self._database.read() as session:
            question = select(SimulatedText.uuid).where(
                SimulatedText.reference == sought.reference, SimulatedText.is_outbound
            )
            found = session.scalars(question.order_by(SimulatedText.id).limit(1)).first()
        if found is None:
            return NotThere()
        return Found(provider_id=f"console-{found}", delivery=Delivery.DELIVERED)

    def pull(self) -> list[InboundText]:
        """Return nothing: the simulator's answers are heard as they are written."""
        return []
