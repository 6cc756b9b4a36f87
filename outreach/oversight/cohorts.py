"""Cohorts: the people who fell due in one week, followed to where they stand by now."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from outreach.kernel.codes import Coded
from outreach.ledger.codes import DUE, EntryStatus
from outreach.ledger.entry_models import LedgerEntry, StatusTransition
from outreach.oversight.blocks import Block, BlockRow, Measured, part, people
from outreach.oversight.span import Lines, ListOf, Span, how_many

WEEKS = 8
DAYS = (14, 28)
# Where a cohort stands by now: each line is in exactly one of these, so that the parts sum to the whole.
PARTS: dict[str, frozenset[EntryStatus]] = {
    "vaccinated": frozenset({EntryStatus.VACCINATED}),
    "open": frozenset({*DUE, EntryStatus.BOOKED}),
    "finished": frozenset({EntryStatus.EXEMPT, EntryStatus.DEFERRED, EntryStatus.DECLINED}),
    "lost": frozenset(
        {
            EntryStatus.UNREACHABLE,
            EntryStatus.MOVED,
            EntryStatus.DECEASED,
            EntryStatus.NOT_YET_ELIGIBLE,
        }
    ),
}


def _fell_due_at() -> ColumnElement[datetime]:
    """Return when a line last fell due: opened, came of age, or was re-opened by its next dose."""
    before = {EntryStatus.NOT_YET_ELIGIBLE, EntryStatus.VACCINATED}
    return (
        select(func.max(StatusTransition.at))
        .where(
            StatusTransition.entry_id == LedgerEntry.id,
            StatusTransition.to_status == EntryStatus.TO_CONTACT,
            StatusTransition.from_status.is_(None) | StatusTransition.from_status.in_(before),
        )
        .correlate(LedgerEntry)
        .scalar_subquery()
    )


def _cohort(span: Span, code: str) -> Lines:
    """Return the people of one cell; the code is its week's Monday and what is asked of them."""
    monday, what = date.fromisoformat(code[:10]), code[11:]
    since = datetime.combine(monday, time(0), tzinfo=span.zone)
    until = datetime.combine(monday + timedelta(days=7), time(0), tzinfo=span.zone)
    fell = _fell_due_at()
    touched = select(StatusTransition.entry_id).where(
        StatusTransition.at >= since, StatusTransition.at < until
    )
    lines = select(LedgerEntry.id).where(
        span.mine(), LedgerEntry.id.in_(touched), fell >= since, fell < until
    )
    if what in PARTS:
        return lines.where(LedgerEntry.status.in_(sorted(PARTS[what])))
    if what.startswith("d"):
        return lines.where(_vaccinated_within(int(what[1:]), since))
    if what != "all":
        raise ValueError(what)
    return lines


def _vaccinated_within(days: int, since: datetime) -> ColumnElement[bool]:
    """Return whether a dose struck the line off within so many days after the week began."""
    done = aliased(StatusTransition)
    return exists().where(
        done.entry_id == LedgerEntry.id,
        done.to_status == EntryStatus.VACCINATED,
        done.at >= since,
        done.at < since + timedelta(days=days),
    )


LISTS: dict[str, ListOf] = {"cohort": _cohort}


def blocks(session: Session, span: Span, *, language: str) -> tuple[Block, ...]:
    """Return the last weeks' cohorts up to the span's end, the newest first."""
    monday = span.until - timedelta(days=span.until.weekday())
    weeks = [monday - timedelta(days=7 * back) for back in range(WEEKS)]
    found = Block(
        "cohorts",
        Coded("cohorts", "按到期周追踪", "Followed by the week they fell due"),
        Coded(
            "cohorts",
            "某一周内到期应种的人，至今的去向（各部分之和等于全部），以及在14天、28天内接种的人数。",
            "People who fell due in a week, where they stand by now (the parts sum to the whole), and how many "
            "were vaccinated within 14 and 28 days of that week's Monday.",
        ),
        (
            Coded("all", "到期人数", "Fell due"),
            Coded("d14", "14天内接种", "Vaccinated in 14 days"),
            Coded("d28", "28天内接种", "Vaccinated in 28 days"),
            Coded("vaccinated", "至今已接种", "Vaccinated by now"),
            Coded("share", "占比", "Share"),
            Coded("open", "仍待接种", "Still open"),
            Coded("finished", "暂缓、拒绝或免种", "Deferred, declined or exempt"),
            Coded("lost", "失联、迁出或去世", "Out of reach, moved or died"),
        ),
        tuple(row for week in weeks if (row := _row(session, span, week, language)) is not None),
        chart=(3, 5, 6, 7),
    )
    return (found,)


def _row(session: Session, span: Span, week: date, language: str) -> BlockRow | None:
    def cell(what: str) -> Measured:
        code = f"{week.isoformat()}-{what}"
        return people(how_many(session, _cohort(span, code)), f"cohort:{code}")

    whole = cell("all")
    if not whole.value:
        return None
    done = cell("vaccinated")
    within = [cell(f"d{days}") for days in DAYS]
    label = f"{week:%m-%d} 起一周" if language == "zh" else f"Week of {week:%d %b}"
    rest = [cell(what) for what in ("open", "finished", "lost")]
    return BlockRow(label, (whole, *within, done, part(done.value or 0, whole.value), *rest))
