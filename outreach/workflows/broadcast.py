"""A notice as a broadcast text to a chosen part of an area: counted first, then queued like every nudge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.audit.trail import record
from outreach.contact.codes import Channel, Step
from outreach.contact.notices import NoticeView, note_posting
from outreach.contact.segments import measure
from outreach.contact.wordings import NewWording, phrase, save_wording
from outreach.ledger.codes import EntryStatus
from outreach.ledger.ledger_filter import LedgerFilter
from outreach.ledger.people_list import list_ids
from outreach.places.queries import first_language, get_place, local_day
from outreach.ports.messages import Capabilities
from outreach.workflows.nudge import Nudge, queue_nudges

OPT_OUT = " {opt_out_hint}"


@dataclass(frozen=True, slots=True)
class Segment:
    """To whom: the lines of an area with these statuses."""

    campaign_id: int
    area_id: int
    statuses: frozenset[EntryStatus]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What a broadcast will be or was: lines, messages and parts of each text."""

    lines: int
    segments: int
    queued: int = 0


def segment_ids(session: Session, *, segment: Segment, scope: Scope, day: date) -> list[int]:
    """Return the lines of a segment within the scope."""
    asked = LedgerFilter(
        campaign_id=segment.campaign_id, area_id=segment.area_id, statuses=segment.statuses
    )
    return list_ids(session, asked=asked, scope=scope, day=day)


def count_broadcast(
    session: Session, *, segment: Segment, body: str, signature: str, scope: Scope, now: datetime
) -> Broadcast:
    """Return whom a broadcast would concern, and how long its text is with signature and opt-out."""
    day = local_day(session, now)
    ids = segment_ids(session, segment=segment, scope=scope, day=day) if segment.statuses else []
    hint = phrase(first_language(session), "opt_out_reply")
    text = f"【{signature}】{body.strip()} {hint}"
    return Broadcast(lines=len(ids), segments=measure(text).segments)


def send_broadcast(
    session: Session,
    *,
    notice: NoticeView,
    segment: Segment,
    body: str,
    routes: Iterable[Capabilities],
    scope: Scope,
    by: int,
    now: datetime,
) -> Broadcast:
    """Queue the text for everyone of the segment whom nothing silences, and keep it as a posting.

    The way out ("T") is added to every text; quiet hours and caps hold as for every nudge.
    """
    day = local_day(session, now)
    place = get_place(session)
    language = place.languages[0]
    sample = {
        "who": "赵奶奶",
        "community": notice.area,
        "duty_phone": place.duty_phone,
        "what": "",
        "opt_out_hint": phrase(language, "opt_out_reply"),
    }
    wording = save_wording(
        session,
        new=NewWording(
            step=Step.BROADCAST,
            channel=Channel.SMS,
            language=language,
            body=body.strip() + OPT_OUT,
            campaign_id=notice.campaign_id,
        ),
        signature=notice.area,
        sample=sample,
        routes=routes,
        by=by,
        now=now,
    )
    ids = segment_ids(session, segment=segment, scope=scope, day=day)
    nudge = Nudge(Step.BROADCAST, ids, wording_id=wording.id, version=wording.version)
    queued = queue_nudges(session, nudge=nudge, now=now)
    note_posting(
        session,
        notice_id=notice.notice_id,
        medium="broadcast",
        where=f"{len(ids)}",
        on=day,
        by=by,
        today=day,
    )
    record(
        session,
        act="broadcast",
        subject=("notice", notice.notice_id),
        by=by,
        now=now,
        facts={"lines": len(ids), "messages": len(queued)},
    )
    text = f"【{notice.area}】{body.strip()} {sample['opt_out_hint']}"
    return Broadcast(lines=len(ids), segments=measure(text).segments, queued=len(queued))
