"""Acts on what the day wants now: a name behind an alarm, a family told, a door closed, a ride by taxi."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.queries import get_appointment
from outreach.ledger.models import Resident
from outreach.transport.alarms import take_alarm
from outreach.transport.fleet import driver_phone
from outreach.transport.handovers import mark_called
from outreach.transport.overflow import give_to_taxi, note_unmet, put_on_standby, take_from_taxi
from outreach.transport.publish import mark_reached
from outreach.transport.queries import get_driver, get_run
from outreach.transport.run_models import Alarm, Handover
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting
from outreach.web.dispatch.boards import again, day_asked
from outreach.web.dispatch.within import check_leg, check_run
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.workflows.no_show import confirm_no_show
from outreach.workflows.watch_day import alarm_area

bp = Blueprint("watch", __name__, url_prefix="/day")


@bp.post("/alarms/<int:alarm_id>/take")
@allowed(Role.DISPATCHER)
def take(alarm_id: int) -> ResponseReturnValue:
    """Put one's own name behind an alarm; the first name stays."""
    with acting() as act:
        area_id = alarm_area(act.session, alarm_id=alarm_id)
        if area_id is not None:
            act.check_area(area_id)
        alarm: Alarm = take_alarm(act.session, alarm_id=alarm_id, by=act.user_id, now=act.now)
        is_mine = alarm.taken_by == act.user_id
        act.record("alarm_taken", ("alarm", alarm_id))
        on = day_asked(act)
    notify(_("This one is yours now.") if is_mine else _("A colleague has taken it already."))
    return again(act, on)


@bp.post("/legs/<int:leg_id>/reached")
@allowed(Role.DISPATCHER)
def reached(leg_id: int) -> ResponseReturnValue:
    """Note that a family knows its time because somebody told them (moment 5d)."""
    with acting() as act:
        check_leg(act, leg_id)
        mark_reached(act.session, leg_id=leg_id, how="told", now=act.now)
        act.record("promise_told", ("ride_leg", leg_id))
        on = day_asked(act)
    notify(_("Noted: the family knows."))
    return again(act, on)


@bp.post("/handovers/<int:handover_id>/called")
@allowed(Role.DISPATCHER)
def called(handover_id: int) -> ResponseReturnValue:
    """Note the call two hours after somebody who lives alone was seen inside (moment 5a)."""
    with acting() as act:
        row = act.session.get(Handover, handover_id)
        _check_resident(act, row.appointment_id if row is not None else 0)
        mark_called(act.session, handover_id=handover_id, now=act.now)
        act.record("called_after_ride", ("handover", handover_id))
        on = day_asked(act)
    notify(_("Noted: you have spoken."))
    return again(act, on)


def _check_resident(act: Acting, appointment_id: int) -> None:
    appointment = get_appointment(act.session, appointment_id)
    act.check_area(act.session.get_one(Resident, appointment.resident_id).community_id)


@bp.post("/legs/<int:leg_id>/no-show")
@allowed(Role.DISPATCHER)
def no_show(leg_id: int) -> ResponseReturnValue:
    """Say the word that closes a no-show; refused while the proof lacks what nothing replaces (5f)."""
    reason = Form(request.form).text("reason")
    with acting() as act:
        check_leg(act, leg_id)
        confirm_no_show(act.session, leg_id=leg_id, by=act.user_id, now=act.now, reason=reason)
        on = day_asked(act)
    notify(_("Closed without blame: slot and way home are free, a colleague will ring the person."))
    return again(act, on)


@bp.post("/runs/<int:run_id>/driver")
@allowed(Role.DISPATCHER)
def driver(run_id: int) -> ResponseReturnValue:
    """Show the driver's number, once and logged, to ring about a change nobody said OK to (5d)."""
    with acting() as act:
        check_run(act, run_id)
        row = get_driver(act.session, get_run(act.session, run_id).driver_id or 0)
        number = driver_phone(act.session, row)
        act.record("number_shown", ("driver", row.id))
    return render_template(
        "dispatch/day/driver.html", name=row.name, number=number, on=day_asked(act)
    )


@bp.post("/legs/<int:leg_id>/standby")
@allowed(Role.DISPATCHER)
def standby(leg_id: int) -> ResponseReturnValue:
    """Put a ride on the list for places that become free, or take it off."""
    is_standby = Form(request.form).yes("standby")
    with acting() as act:
        check_leg(act, leg_id)
        put_on_standby(act.session, leg_id=leg_id, is_standby=is_standby)
        act.record("leg_standby", ("ride_leg", leg_id), facts={"standby": is_standby})
        on = day_asked(act)
    done = _("On the standby list.") if is_standby else _("Off the standby list.")
    notify(done)
    return again(act, on)


@bp.post("/legs/<int:leg_id>/taxi")
@allowed(Role.DISPATCHER)
def taxi(leg_id: int) -> ResponseReturnValue:
    """Give a ride to a taxi; its slip waits to be settled."""
    form = Form(request.form)
    company, reference = form.text("company", required=True), form.text("reference", longest=80)
    form.check()
    with acting() as act:
        check_leg(act, leg_id)
        give_to_taxi(
            act.session,
            leg_id=leg_id,
            company=company,
            reference=reference,
            by=act.user_id,
            now=act.now,
        )
        act.record("taxi_ordered", ("ride_leg", leg_id))
        on = day_asked(act)
    notify(
        _("The taxi takes this ride. Settle its slip under “Unmet need” when the receipt comes.")
    )
    return again(act, on)


@bp.post("/legs/<int:leg_id>/our-car")
@allowed(Role.DISPATCHER)
def our_car(leg_id: int) -> ResponseReturnValue:
    """Call the taxi off; the ride waits for a car of ours again."""
    with acting() as act:
        check_leg(act, leg_id)
        take_from_taxi(act.session, leg_id=leg_id)
        act.record("taxi_called_off", ("ride_leg", leg_id))
        on = day_asked(act)
    notify(_("The taxi is called off; the ride waits for a car."))
    return again(act, on)


@bp.post("/legs/<int:leg_id>/unmet")
@allowed(Role.DISPATCHER)
def unmet(leg_id: int) -> ResponseReturnValue:
    """Write a ride that cannot be given into the ledger of unmet need; leaders read it."""
    form = Form(request.form)
    with acting() as act:
        check_leg(act, leg_id)
        note_unmet(
            act.session,
            leg_id=leg_id,
            reason=form.text("reason", longest=3) or "R18",
            by=act.user_id,
            now=act.now,
        )
        act.record("unmet_noted", ("ride_leg", leg_id))
        on = day_asked(act)
    notify(_("Written down: leaders see what is lacking. The ride still waits here."))
    return again(act, on)
