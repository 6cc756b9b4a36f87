"""宣传: a notice is written once for poster, banner, WeChat group and broadcast; postings are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import User
from outreach.accounts.queries import check_within, within
from outreach.accounts.rules import Scope
from outreach.contact.models import Notice, NoticePosting
from outreach.kernel.codes import coded_list
from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.places.models import Area

MEDIA = coded_list(
    [
        ("notice_board", "公告栏", "Notice board"),
        ("poster", "海报", "Poster"),
        ("banner", "横幅", "Banner"),
        ("wechat_group", "微信群", "WeChat group"),
        ("broadcast", "短信群发", "Broadcast text"),
        ("loudspeaker", "小喇叭", "Loudspeaker"),
        ("door", "入户发放", "Handed out at the door"),
    ]
)
LONGEST_BODY = 2000
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """The words of a notice. ``phone`` is the community's own number; the QR code dials it."""

    campaign_id: int
    area_id: int
    title: str
    body: str
    banner: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class PostingLine:
    """What was posted where, when and by whom."""

    posting_id: int
    medium: str
    where: str
    posted_on: date
    by: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice as pages show it."""

    notice_id: int
    campaign_id: int
    area_id: int
    area: str
    title: str
    body: str
    banner: str
    phone: str
    made_by: str
    made_at: datetime
    version: int
    postings: tuple[PostingLine, ...]


def write_notice(session: Session, *, draft: NoticeDraft, by: int, now: datetime) -> int:
    """Keep a new notice; return its id."""
    _check(draft)
    row = Notice(
        campaign_id=draft.campaign_id,
        area_id=draft.area_id,
        title=draft.title.strip(),
        body=draft.body.strip(),
        banner=draft.banner.strip(),
        phone=draft.phone.strip(),
        made_by=by,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def change_notice(session: Session, *, notice_id: int, draft: NoticeDraft, version: int) -> None:
    """Change the words; what was posted before keeps its day. A stale version is refused."""
    _check(draft)
    row = session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("not_found")
    if row.version != version:
        raise StaleVersion("stale_version")
    row.title, row.body = draft.title.strip(), draft.body.strip()
    row.banner, row.phone = draft.banner.strip(), draft.phone.strip()
    session.flush()


def note_posting(
    session: Session,
    *,
    notice_id: int,
    medium: str,
    where: str,
    on: date,
    by: int,
    today: date,
) -> int:
    """Keep where and when a notice was posted; return the posting's id."""
    if medium not in MEDIA:
        raise InvalidInput("not_in_list", field="medium")
    if on > today:
        raise InvalidInput("posted_in_future", field="posted_on")
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NotFound("not_found")
    row = NoticePosting(
        notice_id=notice_id,
        medium=medium,
        where_posted=where.strip(),
        area_id=notice.area_id,
        posted_on=on,
        posted_by=by,
    )
    session.add(row)
    session.flush()
    return row.id


def drop_posting(session: Session, *, posting_id: int, notice_id: int) -> None:
    """Take a posting that was noted by mistake off the list."""
    row = session.get(NoticePosting, posting_id)
    if row is None or row.notice_id != notice_id:
        raise NotFound("not_found")
    session.delete(row)
    session.flush()


def notices_within(session: Session, *, scope: Scope) -> list[NoticeView]:
    """Return the notices of the scope's areas, the latest first."""
    rows = session.execute(
        select(Notice, Area.name, User.display_name)
        .join(Area, Area.id == Notice.area_id)
        .outerjoin(User, User.id == Notice.made_by)
        .where(within(scope, Notice.area_id))
        .order_by(Notice.made_at.desc(), Notice.id.desc())
        .limit(MOST)
    )
    found = list(rows)
    posted = _postings(session, [row.id for row, _area, _by in found])
    return [_view(row, area, by or "", posted.get(row.id, [])) for row, area, by in found]


def get_notice(session: Session, *, notice_id: int, scope: Scope) -> NoticeView:
    """Return one notice; NotFound outside the scope."""
    row = session.get(Notice, notice_id)
    if row is None:
        raise NotFound("not_found")
    check_within(session, scope=scope, area_id=row.area_id)
    area = session.get_one(Area, row.area_id)
    by = session.get(User, row.made_by) if row.made_by else None
    posted = _postings(session, [row.id]).get(row.id, [])
    return _view(row, area.name, by.display_name if by else "", posted)


def postings_by_medium(
    session: Session, *, campaign_id: int, scope: Scope, days: tuple[date, date]
) -> dict[str, int]:
    """Return how often a campaign's notices were posted, by medium: what stands before the funnel."""
    rows = session.execute(
        select(NoticePosting.medium, func.count())
        .join(Notice, Notice.id == NoticePosting.notice_id)
        .where(
            Notice.campaign_id == campaign_id,
            within(scope, Notice.area_id),
            NoticePosting.posted_on.between(*days),
        )
        .group_by(NoticePosting.medium)
        .order_by(NoticePosting.medium)
    )
    return dict(rows.all())


def _check(draft: NoticeDraft) -> None:
    if not draft.title.strip():
        raise InvalidInput("field_required", field="title")
    if not draft.body.strip():
        raise InvalidInput("field_required", field="body")
    if len(draft.body) > LONGEST_BODY:
        raise InvalidInput("text_long", field="body", longest=LONGEST_BODY)


def _postings(session: Session, notice_ids: list[int]) -> dict[int, list[PostingLine]]:
    rows = session.execute(
        select(NoticePosting, User.display_name)
        .outerjoin(User, User.id == NoticePosting.posted_by)
        .where(NoticePosting.notice_id.in_(notice_ids))
        .order_by(NoticePosting.posted_on.desc(), NoticePosting.id.desc())
    )
    found: dict[int, list[PostingLine]] = {}
    for row, by in rows:
        line = PostingLine(row.id, row.medium, row.where_posted, row.posted_on, by or "")
        found.setdefault(row.notice_id, []).append(line)
    return found


def _view(row: Notice, area: str, by: str, postings: list[PostingLine]) -> NoticeView:
    return NoticeView(
        notice_id=row.id,
        campaign_id=row.campaign_id,
        area_id=row.area_id,
        area=area,
        title=row.title,
        body=row.body,
        banner=row.banner,
        phone=row.phone,
        made_by=by,
        made_at=row.made_at,
        version=row.version,
        postings=tuple(postings),
    )
