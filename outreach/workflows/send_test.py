"""A test to oneself: one text or call of a wording to a listed number, by the same door as every other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from outreach.contact.codes import Purpose, Step
from outreach.contact.message_models import Message, TrialNumber
from outreach.contact.outbox import Draft, queue
from outreach.contact.sending_views import number_of_trial
from outreach.contact.wording import render
from outreach.contact.wording_samples import sample_for
from outreach.contact.wordings import NewWording, WordingRefused, hints, problems_of
from outreach.kernel.errors import NotFound
from outreach.kernel.place import emergency_number
from outreach.places.queries import get_place
from outreach.ports.messages import Capabilities

LASTS = timedelta(hours=1)


def queue_test(
    session: Session,
    *,
    new: NewWording,
    trial_number_id: int,
    routes: Sequence[Capabilities],
    signature: str,
    now: datetime,
) -> Message:
    """Queue a test of words that could be saved, to a number of the list: no stranger is ever reached."""
    row = session.get(TrialNumber, trial_number_id)
    if row is None:
        raise NotFound("trial_number", trial_number_id=trial_number_id)
    place = get_place(session)
    sample = sample_for(new.language)
    sample["duty_phone"] = place.duty_phone or sample["duty_phone"]
    sample["emergency"] = emergency_number(place.country)
    problems = problems_of(new, signature=signature, sample=sample, routes=routes)
    if problems:
        raise WordingRefused(problems)
    worded = hints(step=new.step, language=new.language, values=sample, route=routes[0])
    is_call = new.channel.value == "voice"
    draft = Draft(
        to_whom=f"t{uuid4().hex}",
        step=Step.TEST,
        purpose=Purpose.APPOINTMENT,
        channel=new.channel,
        subject_kind="test",
        subject_id=row.id,
        number=number_of_trial(session, row),
        language=new.language,
        body=render(new.body, {**sample, **worded}, signature="" if is_call else signature),
        due_at=now,
        expires_at=now + LASTS,
    )
    (message_id,) = queue(session, drafts=[draft], now=now)
    return session.get_one(Message, message_id)
