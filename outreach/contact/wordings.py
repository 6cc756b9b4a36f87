"""Wordings and cadences as rows: the ones that ship, the one in force, and saving a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.cadence import DEFAULT_CADENCE, Anchor, Audience, StepRule
from outreach.contact.codes import Channel, Purpose, Step
from outreach.contact.default_wordings import PHRASES, WORDINGS
from outreach.contact.message_models import CadenceStep, Wording
from outreach.contact.wording import Problem, check
from outreach.kernel.errors import InvalidInput
from outreach.ports.messages import Capabilities

CODE_KEPT = "*** *** ****"  # as long as a code, and of the 7-bit alphabet
_AFTERCARE = frozenset({Step.T_PLUS_1})
_NUDGES = frozenset({Step.INVITE, Step.NEXT_DOSE_DUE, Step.BROADCAST})
_RIDES = frozenset(
    {
        Step.PROMISE,
        Step.PROMISE_MOVED,
        Step.CAR_NEAR,
        Step.ON_THE_WAY_HOME,
        Step.NO_DOSE_HOME,
        Step.RIDE_CANCELLED,
    }
)


class WordingRefused(InvalidInput):
    """A wording cannot be saved; ``problems`` say why, each with what it concerns."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(problems[0].code, field="body", what=problems[0].what)


def purpose_of(step: Step) -> Purpose:
    """Return the purpose that decides what silences a step."""
    if step in _NUDGES:
        return Purpose.NUDGE
    if step in _RIDES:
        return Purpose.RIDE
    return Purpose.AFTERCARE if step in _AFTERCARE else Purpose.APPOINTMENT


def seed_wordings(session: Session, *, now: datetime) -> int:
    """Add the wordings and the cadence that ship, where none stands yet; return how many are new."""
    question = select(Wording.step, Wording.channel, Wording.language).where(
        Wording.campaign_id.is_(None)
    )
    known = {(row.step, row.channel, row.language) for row in session.execute(question)}
    made = 0
    for language, texts in WORDINGS.items():
        for (step, channel), body in texts.items():
            if (step, channel, language) not in known:
                session.add(
                    Wording(step=step, channel=channel, language=language, body=body, made_at=now)
                )
                made += 1
    if session.scalars(select(CadenceStep.id).limit(1)).first() is None:
        session.add_all(_cadence_row(rule) for rule in DEFAULT_CADENCE)
    session.flush()
    return made


def _cadence_row(rule: StepRule) -> CadenceStep:
    return CadenceStep(
        step=rule.step,
        purpose=rule.purpose,
        channel=rule.channel,
        anchor=rule.anchor.value,
        offset_days=rule.offset_days,
        offset_minutes=rule.offset_minutes,
        at_local=rule.at_local,
        audience=rule.audience.value,
        expires_after_minutes=rule.expires_after_minutes,
    )


def cadence_of(session: Session, *, campaign_id: int | None) -> list[StepRule]:
    """Return the steps in force for a campaign: its own where it has any, else the default ones."""
    question = (
        select(CadenceStep)
        .where(CadenceStep.campaign_id.is_(None) | (CadenceStep.campaign_id == campaign_id))
        .order_by(CadenceStep.id)
    )
    rows = session.scalars(question).all()
    own = {(r.step, r.channel) for r in rows if r.campaign_id is not None}
    return [
        _rule(row)
        for row in rows
        if row.is_active and (row.campaign_id is not None or (row.step, row.channel) not in own)
    ]


def _rule(row: CadenceStep) -> StepRule:
    return StepRule(
        step=row.step,
        purpose=row.purpose,
        channel=row.channel,
        anchor=Anchor(row.anchor),
        offset_days=row.offset_days,
        offset_minutes=row.offset_minutes,
        at_local=row.at_local,
        audience=Audience(row.audience),
        expires_after_minutes=row.expires_after_minutes,
    )


class WordingBook:
    """The wordings in force, read once per act."""

    def __init__(self, session: Session) -> None:
        question = select(Wording).where(Wording.is_active).order_by(Wording.version, Wording.id)
        self._rows: dict[tuple[int | None, Step, Channel, str], Wording] = {}
        for row in session.scalars(question):
            self._rows[(row.campaign_id, row.step, row.channel, row.language)] = row

    def find(
        self, step: Step, channel: Channel, *, language: str, campaign_id: int | None
    ) -> Wording | None:
        """Return the newest wording: the campaign's own before the common one, Chinese where unknown."""
        short = language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0]
        for spoken in dict.fromkeys([short, "zh"]):
            for owner in dict.fromkeys([campaign_id, None]):
                found = self._rows.get((owner, step, channel, spoken))
                if found is not None:
                    return found
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWording:
    """What an administrator wrote: the next version for a step in one language."""

    step: Step
    channel: Channel
    language: str
    body: str
    campaign_id: int | None = None
    template_code: str = ""


def save_wording(
    session: Session,
    *,
    new: NewWording,
    signature: str,
    sample: Mapping[str, str],
    routes: Iterable[Capabilities],
    by: int | None,
    now: datetime,
    is_active: bool = True,
) -> Wording:
    """Keep a new version of a wording; refused when a gap is unknown or a route cannot carry it.

    One that is not active yet (an arm of an experiment) leaves the present one in force.
    """
    problems = problems_of(new, signature=signature, sample=sample, routes=routes)
    if problems:
        raise WordingRefused(problems)
    older = _versions(session, new)
    for row in older if is_active else ():
        row.is_active = False
    made = Wording(
        campaign_id=new.campaign_id,
        step=new.step,
        channel=new.channel,
        language=new.language,
        version=max((row.version for row in older), default=0) + 1,
        body=new.body.strip(),
        template_code=new.template_code.strip(),
        is_active=is_active,
        made_by=by,
        made_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _versions(session: Session, new: NewWording) -> Sequence[Wording]:
    whose = (
        Wording.campaign_id.is_(None)
        if new.campaign_id is None
        else Wording.campaign_id == new.campaign_id
    )
    question = select(Wording).where(
        whose,
        Wording.step == new.step,
        Wording.channel == new.channel,
        Wording.language == new.language,
    )
    return session.scalars(question.order_by(Wording.version).with_for_update()).all()


def back_to_common_wording(
    session: Session, *, campaign_id: int, step: Step, channel: Channel, language: str
) -> int:
    """Let a campaign say the common words again; its own versions stay on record."""
    new = NewWording(
        step=step, channel=channel, language=language, body="", campaign_id=campaign_id
    )
    own = [row for row in _versions(session, new) if row.is_active]
    for row in own:
        row.is_active = False
    session.flush()
    return len(own)


def problems_of(
    new: NewWording, *, signature: str, sample: Mapping[str, str], routes: Iterable[Capabilities]
) -> list[Problem]:
    """Return why a wording could not be sent, each reason once.

    A text must suit every route that carries texts, since any of them may take over; words for a call
    need one route that calls.
    """
    found: dict[Problem, None] = {}
    able = list(routes)
    carrying = [r for r in able if (r.voice if new.channel is Channel.VOICE else r.texts)]
    for route in carrying or able[:1]:
        worded = hints(step=new.step, language=new.language, values=sample, route=route)
        problems = check(
            new.body,
            purpose=purpose_of(new.step),
            step=new.step,
            signature=signature,
            sample={**sample, **worded},
            route=route,
            channel=new.channel.value,
        )
        if route.registered_templates and not new.template_code.strip():
            problems.append(Problem("wording_template_missing"))
        found.update(dict.fromkeys(problems))
    if new.channel is Channel.VOICE and purpose_of(new.step) is Purpose.NUDGE:
        found[Problem("no_robot_for_nudges")] = None
    return list(found)


def phrase(language: str, which: str, /, **values: str) -> str:
    """Return a short phrase that fills a gap, in a language ('zh' where unknown)."""
    texts = PHRASES.get(language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0], PHRASES["zh"])
    return texts[which].format(**values)


def hints(
    *,
    step: Step,
    language: str,
    values: Mapping[str, Any],
    route: Capabilities,
    door: str = "",
) -> dict[str, str]:
    """Return the gaps that depend on what this route carries: an answer back, an address to open.

    ``values`` are the others of the message; of these the telephone numbers are spoken of. ``door`` is the
    address of the family page, empty where this reader has none. The code that opens it is put in as the
    message leaves: what is kept, and read by staff, holds ``CODE_KEPT`` in its place.
    """
    way = "reply" if route.two_way else "call"
    topic = "after" if step is Step.T_PLUS_1 else "visit"
    numbers = {name: str(values.get(name, "")) for name in ("duty_phone", "emergency")}
    return {
        "reply_hint": phrase(language, f"{way}_{topic}", **numbers),
        "opt_out_hint": phrase(language, f"opt_out_{way}", **numbers),
        "page_hint": phrase(language, "page", door=door, code=CODE_KEPT)
        if door and route.links
        else "",
    }
