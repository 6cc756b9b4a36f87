"""A history of three days that a reader can follow, and the figures a hand computes from it.

| person | Monday 16th   | Tuesday 17th          | Wednesday 18th               |
|--------|---------------|-----------------------|------------------------------|
| A      | vaccinated    | vaccinated            | to contact: dose was an error|
| B      | to contact    | vaccinated (on 17th)  | vaccinated                   |
| C      | to contact    | to contact            | vaccinated (given on 16th)   |
| D      | not yet 80    | to contact (80 today) | considering                  |
| E      | to contact    | died                  | died                         |
| F      | vaccinated    | moves to Xinghua      | vaccinated, in Xinghua       |
| G      | unreachable   | unreachable           | unreachable                  |
| H      | –             | –                     | added, to contact            |

| Miandong        | Mon | Tue | Wed |                                              |
|-----------------|-----|-----|-----|----------------------------------------------|
| denominator     |  6  |  5  |  6  | ABCEFG → ABCDG → ABCDGH                      |
| vaccinated      |  2  |  2  |  2  | AF → AB → BC                                 |
| known now, vacc.|  2  |  2  |  2  | Monday without A, with C: F C; Tuesday: B C  |
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from outreach.accounts.rules import EVERYWHERE
from outreach.db import Database
from outreach.ledger.codes import Cause, EntryStatus, EvidenceGrade, StrikeOffKind
from outreach.ledger.entry_models import Dose, LedgerEntry, StatusTransition, StrikeOff
from outreach.ledger.models import Resident
from outreach.ledger.new_residents import add_residents
from outreach.oversight.codes import Basis, ChangeKind, Figure
from outreach.oversight.coverage import unit_of
from outreach.oversight.history import Sight, bridge, frozen_counts, frozen_people, trend
from outreach.oversight.people import Cell
from outreach.oversight.rollups import touch_residents
from outreach.oversight.snapshots import freeze_day
from outreach.places.models import Area
from tests.builders.city import line_row
from tests.builders.ledger import Village, build_village, elder

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, d) for d in (16, 17, 18))
S = EntryStatus
START = {
    "A": S.VACCINATED,
    "B": S.TO_CONTACT,
    "C": S.TO_CONTACT,
    "D": S.NOT_YET_ELIGIBLE,
    "E": S.TO_CONTACT,
    "F": S.VACCINATED,
    "G": S.UNREACHABLE,
}


def night(day: date) -> datetime:
    """23:45 in Zhengzhou."""
    return datetime(day.year, day.month, day.day, 15, 45, tzinfo=UTC)


class History:
    """The three days as they were lived and recorded."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.village: Village = build_village(session)
        self.ids = dict(
            zip(
                START,
                add_residents(
                    session, rows=[elder(self.village, n) for n in START], now=night(MONDAY)
                ),
                strict=True,
            )
        )
        for name, status in START.items():
            self._line(name, status)
        self._dose("A", date(2026, 11, 10))
        self._dose("F", date(2026, 11, 10))
        freeze_day(session, day=MONDAY, now=night(MONDAY))
        self._tuesday()
        freeze_day(session, day=TUESDAY, now=night(TUESDAY))
        self._wednesday()
        freeze_day(session, day=WEDNESDAY, now=night(WEDNESDAY))

    def _tuesday(self) -> None:
        self._dose("B", TUESDAY)
        self._set("B", S.VACCINATED, Cause.DOSE_RECORDED, TUESDAY)
        self._resident("D").eligible_on = TUESDAY
        self._set("D", S.TO_CONTACT, Cause.DAY, TUESDAY)
        self._resident("E").life_status_on = TUESDAY
        self._set("E", S.DECEASED, Cause.LIFE, TUESDAY)
        moved = self._entry("F")
        moved.community_id, moved.grid_id = self.village.other_community_id, None
        touch_residents(
            self.session,
            [self.ids["F"]],
            communities=[self.village.community_id, self.village.other_community_id],
        )

    def _wednesday(self) -> None:
        self._take_back("A")
        self._set("A", S.TO_CONTACT, Cause.DOSE_CORRECTED, WEDNESDAY)
        self._dose("C", MONDAY)
        self._set("C", S.VACCINATED, Cause.DOSE_RECORDED, WEDNESDAY)
        self._set("D", S.CONSIDERING, Cause.CONTACT_LOGGED, WEDNESDAY)
        self.ids["H"] = add_residents(
            self.session, rows=[elder(self.village, "H")], now=night(WEDNESDAY)
        )[0]
        self._line("H", S.TO_CONTACT)
        touch_residents(self.session, [self.ids["H"]])

    def _line(self, name: str, status: EntryStatus) -> None:
        v = self.village
        row = line_row(self.ids[name], v.campaign_id, v.community_id, v.grid_id, status)
        self.session.execute(insert(LedgerEntry), [row])

    def _resident(self, name: str) -> Resident:
        return self.session.get_one(Resident, self.ids[name])

    def _entry(self, name: str) -> LedgerEntry:
        question = select(LedgerEntry).where(LedgerEntry.resident_id == self.ids[name])
        return self.session.scalars(question).one()

    def _set(self, name: str, status: EntryStatus, cause: Cause, day: date) -> None:
        entry = self._entry(name)
        self.session.add(
            StatusTransition(
                entry_id=entry.id,
                from_status=entry.status,
                to_status=status,
                at=night(day).replace(hour=3),
                cause=cause,
            )
        )
        entry.status = status
        self.session.flush()
        touch_residents(self.session, [self.ids[name]])

    def _dose(self, name: str, given_on: date) -> None:
        dose = Dose(
            resident_id=self.ids[name],
            vaccine_id=self.village.vaccine_id,
            given_on=given_on,
            grade=EvidenceGrade.BATCH_RECORDED,
            source_reference=f"form:{name}",
            recorded_at=night(given_on),
        )
        self.session.add(dose)
        self.session.flush()
        self._strike(name, StrikeOffKind.VACCINATED, dose.id, night(given_on))

    def _take_back(self, name: str) -> None:
        dose = self.session.scalars(select(Dose).where(Dose.resident_id == self.ids[name])).one()
        dose.voided_at = night(WEDNESDAY).replace(hour=3)
        self._strike(name, StrikeOffKind.REVERSED, dose.id, dose.voided_at)

    def _strike(self, name: str, kind: StrikeOffKind, dose_id: int, at: datetime) -> None:
        question = select(StrikeOff.id).where(StrikeOff.dose_id == dose_id)
        row = StrikeOff(
            entry_id=self._entry(name).id,
            kind=kind,
            grade=EvidenceGrade.BATCH_RECORDED if kind is StrikeOffKind.VACCINATED else None,
            dose_id=dose_id,
            reverses_id=self.session.scalars(question).first(),
            by_user_id=self.village.worker,
            at=at,
        )
        self.session.add(row)
        self.session.flush()

    def sight(self, area_id: int, basis: Basis = Basis.REGISTRATION) -> Sight:
        area = self.session.get_one(Area, area_id)
        return Sight(self.village.campaign_id, basis, (unit_of(area),))

    def names(self, resident_ids: list[int]) -> str:
        known = {number: name for name, number in self.ids.items()}
        return "".join(sorted(known[i] for i in resident_ids))


@pytest.fixture
def history(database: Database):
    with database.write() as session:
        yield History(session)


def test_frozen_sums_of_each_day_are_those_computed_by_hand(history: History) -> None:
    here = history.sight(history.village.community_id)
    days = [frozen_counts(history.session, here, on=d) for d in (MONDAY, TUESDAY, WEDNESDAY)]
    assert [d.denominator for d in days] == [6, 5, 6]
    assert [d.vaccinated for d in days] == [2, 2, 2]
    assert [d.due for d in days] == [3, 2, 3]
    assert [d.unreachable for d in days] == [1, 1, 1]
    assert [d.deceased for d in days] == [0, 1, 1]


def test_moment_6b_the_bridge_says_why_we_fell_and_leads_exactly_there(history: History) -> None:
    here = history.sight(history.village.community_id)
    first = bridge(history.session, here, since=MONDAY, until=TUESDAY)
    assert first.holds
    assert {s.kind: (s.people, s.vaccinated, s.denominator) for s in first.steps} == {
        ChangeKind.DOSE: (1, 1, 0),
        ChangeKind.CAME_OF_AGE: (1, 0, 1),
        ChangeKind.MOVED_OUT: (1, -1, -1),
        ChangeKind.DIED: (1, 0, -1),
    }
    second = bridge(history.session, here, since=TUESDAY, until=WEDNESDAY)
    assert second.holds
    assert {s.kind: (s.people, s.vaccinated, s.denominator) for s in second.steps} == {
        ChangeKind.CORRECTED: (2, 0, 0),
        ChangeKind.ADDED: (1, 0, 1),
    }
    whole = bridge(history.session, here, since=MONDAY, until=WEDNESDAY)
    assert whole.holds
    street = bridge(
        history.session, history.sight(history.village.street_id), since=MONDAY, until=WEDNESDAY
    )
    assert street.holds
    assert ChangeKind.MOVED_OUT not in {s.kind for s in street.steps}
    other = bridge(
        history.session,
        history.sight(history.village.other_community_id),
        since=MONDAY,
        until=TUESDAY,
    )
    assert [(s.kind, s.vaccinated) for s in other.steps] == [(ChangeKind.MOVED_IN, 1)]


def test_late_data_is_shown_as_a_correction_of_the_days_before(history: History) -> None:
    here = history.sight(history.village.community_id)
    points = trend(history.session, here, since=MONDAY, until=WEDNESDAY)
    assert [p.counts.vaccinated for p in points] == [2, 2, 2]
    assert [p.known_vaccinated for p in points] == [2, 2, 2]
    street = history.sight(history.village.street_id)
    points = trend(history.session, street, since=MONDAY, until=WEDNESDAY)
    # Reported AF, ABF, BCF; A never was and C was already on Monday: CF, BCF, BCF.
    assert [p.counts.vaccinated for p in points] == [2, 3, 3]
    assert [p.known_vaccinated for p in points] == [2, 3, 3]
    assert [p.is_corrected for p in points] == [False, False, False]


@pytest.mark.parametrize(
    ("day", "figure", "expected"),
    [
        (MONDAY, Figure.VACCINATED, "AF"),
        (MONDAY, Figure.DUE, "BCE"),
        (MONDAY, Figure.NOT_YET_ELIGIBLE, "D"),
        (TUESDAY, Figure.VACCINATED, "AB"),
        (TUESDAY, Figure.DUE, "CD"),
        (TUESDAY, Figure.DECEASED, "E"),
        (WEDNESDAY, Figure.VACCINATED, "BC"),
        (WEDNESDAY, Figure.DUE, "ADH"),
        (WEDNESDAY, Figure.DENOMINATOR, "ABCDGH"),
    ],
)
def test_drill_down_of_a_frozen_figure_opens_the_people_of_that_day(
    history: History, day: date, figure: Figure, expected: str
) -> None:
    village = history.village
    cell = Cell(village.campaign_id, figure, area_id=village.community_id)
    found = frozen_people(history.session, cell, on=day, scope=EVERYWHERE)
    assert history.names(found) == expected


def test_freezing_a_day_twice_changes_nothing(history: History) -> None:
    again = freeze_day(history.session, day=TUESDAY, now=night(WEDNESDAY))
    assert again.frozen_at == night(TUESDAY)
    assert again.changes == 4
