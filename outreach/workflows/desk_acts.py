"""What the desk does for one visit: identity, the needle and its guards, a visit without a dose.

Two tablets cannot record the same jab: whoever holds the appointment's row sees what the other one did.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.campaigns.models import Campaign, Product
from outreach.clinics.codes import VISIT_RESULTS, DayEventKind, EventSource, SessionKind
from outreach.clinics.desk import stock_of
from outreach.clinics.events import Author, Tap, find_event
from outreach.clinics.models import Appointment, PlannedDose, PreScreen, SessionStock
from outreach.clinics.operations import lock_appointment
from outreach.clinics.queries import get_appointment, get_site_session, visits
from outreach.clinics.screening import last_pre_screen
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotAllowed, OutreachError
from outreach.ledger.codes import PERMANENT_DEFERRALS, UNCLINICAL_DEFERRAL, Relation
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.models import Consent, ContactPerson
from outreach.workflows.defer import defer
from outreach.workflows.home_visit_yes import LEAST_STAY, home_yes
from outreach.workflows.note_event import Noted, note_event

IDENTITY = ("name", "birth_date", "address", "known", "photo")
TWO_OF_FIVE = 2
WITHOUT_DOSE = frozenset(VISIT_RESULTS) - {"V01", "V07", "V08"}
DEFERRED, CONTRAINDICATED = "V02", "V03"


class JabRecorded(OutreachError):
    """The jab stands already: another tablet or an escort was first."""

    status = 409


class NoConsent(OutreachError):
    """Nobody has said yes to this dose, or the last word was a no (moment 2d)."""

    status = 409


class ScreenWaits(OutreachError):
    """The pre-screen is missing, waits for a clinician, or said not today (moment 5c)."""

    status = 409


class StockEmpty(OutreachError):
    """Nothing of this batch is left on the table."""

    status = 409


@dataclass(frozen=True, slots=True)
class Given:
    """What went into the arm for one campaign: a product and batch of the session's table."""

    campaign_id: int
    product_id: int
    batch_id: int | None


@dataclass(frozen=True, slots=True)
class AtDesk:
    """One press at a desk: which visit, the press's own id, by whom and when."""

    appointment_id: int
    uuid: str
    by: int
    now: datetime

    def tap(self, kind: DayEventKind, facts: dict[str, object]) -> Tap:
        """Return the press as an event of the day."""
        return Tap(
            uuid=self.uuid,
            kind=kind,
            happened_at=self.now,
            appointment_id=self.appointment_id,
            facts=facts,
        )

    @property
    def author(self) -> Author:
        """Whose event it is."""
        return Author(EventSource.DESK, user_id=self.by)


def check_in(session: Session, *, press: AtDesk, checked: Collection[str]) -> Noted:
    """Register an arrival whose identity two things agree on: name, birth date, address, known, photo (5k)."""
    known = sorted(set(checked) & set(IDENTITY))
    if len(known) < TWO_OF_FIVE:
        raise InvalidInput("identity_two", field="identity")
    tap = press.tap(DayEventKind.REGISTERED, {"identity": known})
    return note_event(session, tap=tap, author=press.author, now=press.now)


def give_dose(session: Session, *, press: AtDesk, given: Sequence[Given]) -> Noted:
    """Record the jab with product and batch; refused without a clear pre-screen, a yes and stock."""
    tap = press.tap(
        DayEventKind.JABBED,
        {
            "doses": [
                {
                    "campaign_id": one.campaign_id,
                    "product_id": one.product_id,
                    "batch_id": one.batch_id,
                }
                for one in given
            ]
        },
    )
    # First the lock, then the look: of one form sent twice the second one waits and finds the first.
    appointment = lock_appointment(session, press.appointment_id)
    if find_event(session, press.uuid) is None:
        _check_not_over(session, appointment)
        _check_screen(session, appointment)
        _check_consents(session, appointment, given)
        _check_stock(session, appointment, given)
        stay = _stay_at_home(session, appointment)
        noted = note_event(session, tap=tap, author=press.author, now=press.now)
        return _stay_longer(session, press, stay) or noted
    return note_event(session, tap=tap, author=press.author, now=press.now)


def end_without_dose(
    session: Session,
    *,
    press: AtDesk,
    result: str,
    reason: str = "",
    deferral: DeferralDraft | None = None,
    is_clinician: bool,
) -> Noted:
    """Close a visit without a dose: the way home is ready at once (1d), the right follow-up begins.

    A clinician defers with a date or judges a contraindication; at a desk without one the person is
    noted as waiting for a clinician. A change of mind is nobody's fault: no contact for a week (5e).
    No stock and a queue too long go first when slots are offered again.
    """
    if result not in WITHOUT_DOSE:
        raise InvalidInput("visit_result", field="result")
    appointment = lock_appointment(session, press.appointment_id)
    is_new = find_event(session, press.uuid) is None
    if is_new:
        _check_not_over(session, appointment)
    if result in {DEFERRED, CONTRAINDICATED}:
        _check_deferral(result, deferral, is_clinician=is_clinician)
    tap = press.tap(DayEventKind.NO_DOSE, {"result": result, "reason": reason.strip()})
    noted = note_event(session, tap=tap, author=press.author, now=press.now)
    if is_new and deferral is not None and result in {DEFERRED, CONTRAINDICATED}:
        defer(session, draft=deferral, is_clinician=is_clinician, by=press.by, now=press.now)
    return noted


def _stay_at_home(session: Session, appointment: Appointment) -> int:
    """Return how long a home team stays beyond the half hour; without a clinician's yes nobody is jabbed."""
    if get_site_session(session, appointment.site_session_id).kind is not SessionKind.HOME_ROUND:
        return 0
    yes = home_yes(session, appointment_id=appointment.id)
    if yes is None:
        raise ScreenWaits("home_yes_missing")
    return yes.stay_minutes - LEAST_STAY


def _stay_longer(session: Session, press: AtDesk, minutes: int) -> Noted | None:
    if minutes <= 0:
        return None
    longer = replace(press, uuid=f"{press.uuid[:56]}-stay")
    facts: dict[str, object] = {"minutes": minutes, "reason": "home_visit"}
    tap = longer.tap(DayEventKind.OBSERVATION_EXTENDED, facts)
    return note_event(session, tap=tap, author=press.author, now=press.now)


def _check_deferral(result: str, draft: DeferralDraft | None, *, is_clinician: bool) -> None:
    if draft is None:
        raise InvalidInput("deferral_unknown", field="code")
    if not is_clinician and draft.code != UNCLINICAL_DEFERRAL:
        raise NotAllowed("only_a_clinician_defers", field="code")
    if (result == CONTRAINDICATED) != (draft.code in PERMANENT_DEFERRALS):
        raise InvalidInput("deferral_kind", field="code")


def _check_not_over(session: Session, appointment: Appointment) -> None:
    visit = visits(session, [appointment.id])[appointment.id]
    if visit.jab_at is not None:
        raise JabRecorded("jab_recorded")
    if visit.no_dose_at is not None or visit.left_at is not None:
        raise MoveNotAllowed("visit_over_without_dose")


def _check_screen(session: Session, appointment: Appointment) -> None:
    screen: PreScreen | None = last_pre_screen(session, appointment_id=appointment.id)
    if screen is None or screen.at_place != "desk":
        raise ScreenWaits("screen_missing")
    if screen.decision != "go":
        raise ScreenWaits("screen_waits" if not screen.decision else "screen_not_today")


def _check_consents(session: Session, appointment: Appointment, given: Sequence[Given]) -> None:
    if not given:
        raise InvalidInput("dose_not_chosen", field="stock")
    planned = set(
        session.scalars(
            select(PlannedDose.campaign_id).where(PlannedDose.appointment_id == appointment.id)
        )
    )
    for one in given:
        if one.campaign_id not in planned:
            raise InvalidInput("dose_not_planned", field="stock")
        words = last_words(
            session, resident_id=appointment.resident_id, campaign_id=one.campaign_id
        )
        if not words:
            raise NoConsent("consent_missing", field="consent")
        if not all(word.is_yes for word in words):
            raise NoConsent("consent_no", field="consent")


def last_words(session: Session, *, resident_id: int, campaign_id: int) -> list[Consent]:
    """Return the last word of the person and of each relative on this dose; withdrawn ones say nothing."""
    rows = session.execute(
        select(Consent, ContactPerson.relation)
        .outerjoin(ContactPerson, ContactPerson.id == Consent.by_contact_id)
        .where(
            Consent.resident_id == resident_id,
            Consent.campaign_id == campaign_id,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.given_at, Consent.id)
    )
    last: dict[int | None, Consent] = {}
    for row, relation in rows:
        last[None if relation in {None, Relation.SELF} else row.by_contact_id] = row
    return list(last.values())


def _check_stock(session: Session, appointment: Appointment, given: Sequence[Given]) -> None:
    """Refuse what is not on the table, is quarantined or expired, or has run out; rows stay locked."""
    session_id = get_appointment(session, appointment.id).site_session_id
    session.execute(
        select(SessionStock.id)
        .where(SessionStock.site_session_id == session_id)
        .order_by(SessionStock.id)
        .with_for_update()
    ).all()
    table = {
        (row.product_id, row.batch_id): row for row in stock_of(session, site_session_id=session_id)
    }
    for one in given:
        row = table.get((one.product_id, one.batch_id))
        if row is None:
            raise InvalidInput("stock_missing", field="stock")
        if row.left < 1:
            raise StockEmpty("stock_empty", field="stock")
        vaccine_id = session.scalar(select(Product.vaccine_id).where(Product.id == one.product_id))
        wanted = session.scalar(select(Campaign.vaccine_id).where(Campaign.id == one.campaign_id))
        if vaccine_id != wanted:
            raise InvalidInput("stock_of_another_vaccine", field="stock")
