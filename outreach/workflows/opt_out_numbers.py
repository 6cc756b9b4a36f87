"""An opt-out that a member of staff enters, for one number or a whole list: silence at once, told to staff."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.contact.codes import MessageState, OptOutScope
from outreach.contact.message_models import Message
from outreach.contact.opt_outs import opt_out_numbers
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.kernel.phone import read_phones
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.places.queries import get_place
from outreach.workflows.send import settle_queued

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a list of numbers."""

    numbers: int
    new: int
    silenced: int


def read_numbers(session: Session, text: str) -> list[str]:
    """Return the numbers (E.164) of a typed or pasted list; one that is none is named by its line."""
    place = get_place(session)
    found: dict[str, None] = {}
    for at, line in enumerate(text.splitlines(), start=1):
        reading = read_phones(line, country=place.country, area_code=place.area_code)
        if reading.invalid or (line.strip() and not reading.phones):
            raise InvalidInput("number_invalid_in_line", field="numbers", line=at)
        found.update(dict.fromkeys(phone.e164 for phone in reading.phones))
    if not found:
        raise InvalidInput("opt_out_of_whom", field="numbers")
    return list(found)


def enter_opt_outs(
    session: Session,
    *,
    numbers: Sequence[str],
    scope_of_opt_out: OptOutScope,
    source: str,
    scope: Scope | None,
    by: int,
    now: datetime,
) -> Entered:
    """Record opt-outs of numbers and silence what waits for them (fault 64).

    With a ``scope`` (None: the whole place) each number must belong to someone within it; another looks
    as if it was not known.
    """
    vault = vault_of(session)
    indexes = [vault.index(number, purpose="phone") for number in numbers]
    if scope is not None and set(indexes) - _known(session, indexes, scope):
        raise NotFound("opt_out_number")
    new = opt_out_numbers(
        session, numbers=numbers, scope=scope_of_opt_out, source=source, now=now, by=by
    )
    silenced = 0
    for start in range(0, len(indexes), AT_ONCE):
        question = select(Message.id).where(
            Message.number_index.in_(indexes[start : start + AT_ONCE]),
            Message.state.in_([MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD]),
        )
        ids = session.scalars(question).all()
        silenced += settle_queued(session, message_ids=ids, now=now)
    return Entered(len(indexes), new, silenced)


def _known(session: Session, indexes: Collection[bytes], scope: Scope) -> set[bytes]:
    found: set[bytes] = set()
    wanted = list(indexes)
    for start in range(0, len(wanted), AT_ONCE):
        question = (
            select(Phone.number_index)
            .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
            .join(Resident, Resident.id == ContactPerson.resident_id)
            .where(
                Phone.number_index.in_(wanted[start : start + AT_ONCE]),
                within(scope, Resident.community_id),
            )
        )
        found.update(session.scalars(question))
    return found
