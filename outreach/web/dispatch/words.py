"""Words of the dispatcher's pages: what a run breaks, why a car or a person is not fit, states of runs."""

from __future__ import annotations

from outreach.kernel.codes import coded_list
from outreach.transport.codes import RunStatus
from outreach.transport.run_facts import Breach
from outreach.web.admin.audit_words import add_act_labels
from outreach.web.i18n import _l
from outreach.web.messages import add_messages
from outreach.web.tags import add_tags

RUN_LABELS = coded_list(
    [
        ("draft", "草稿", "Draft"),
        ("published", "已发布", "Published"),
        ("under_way", "出车中", "Under way"),
        ("finished", "已收车", "Finished"),
        ("cancelled", "已取消", "Cancelled"),
    ]
)
BREACH_LABELS = coded_list(
    [
        ("late_pickup", "接人太晚", "Picked up too late"),
        ("late_dropoff", "送达太晚", "Dropped off too late"),
        ("ride_too_long", "在车上太久", "Too long on board"),
        ("waits_aboard", "载客等待太久", "Waits too long with people aboard"),
        ("too_many_seats", "座位不够", "Not enough seats"),
        ("too_many_chairs", "轮椅位不够", "Not enough wheelchair places"),
        ("no_ramp", "没有轮椅坡板", "No ramp"),
        ("before_shift", "早于上班时间", "Before the shift"),
        ("after_shift", "晚于下班时间", "After the shift"),
        ("no_break", "挤掉了休息时间", "Leaves no break"),
        ("day_too_long", "超过每日工时", "More hours than allowed"),
        ("car_unfit", "车辆当天不能出车", "The car is not fit that day"),
        ("driver_unfit", "司机当天不能出车", "The driver is not fit that day"),
        ("escort_unfit", "引导员当天不在岗", "The escort is not on duty"),
        ("no_driver", "没有司机", "No driver"),
        ("no_escort", "需要引导员，车上没有", "Wants an escort; none is aboard"),
        ("out_of_order", "先送后接", "Dropped off before picked up"),
        ("half_a_ride", "有接无送", "Picked up but never dropped off"),
        ("run_locked", "该车次已锁定", "The run is locked"),
        (
            "stop_locked",
            "已锁定或已完成的站点不能移动",
            "A stop that is done or locked keeps its place",
        ),
    ]
)
DID_LABELS = {
    "took_in": _l("put on the run"),
    "took_off": _l("taken off the run"),
    "moved_over": _l("moved between runs"),
    "reordered": _l("order of stops changed"),
    "timed_anew": _l("times worked out anew"),
    "crewed": _l("car or crew changed"),
    "locked": _l("locked"),
    "unlocked": _l("unlocked"),
    "run_published": _l("published"),
    "changed": _l("changed"),
}
ALARM_LABELS = coded_list(
    [
        ("ready_without_car", "可以回家，没有车", "Ready, no car"),
        ("not_home", "该到家了，还没到", "Not home in time"),
        ("no_way_home", "没有安排回程", "No way home planned"),
        ("not_there", "敲门无人应", "Nobody at the door"),
        ("car_broken", "车辆故障", "Car broken down"),
        ("emergency", "紧急求助", "Emergency"),
        ("stray_tap", "有一条记录对不上", "A tap that fits nothing"),
        ("adverse_event", "接种后异常反应", "Adverse event"),
        ("driver_silent", "司机未确认变更", "Driver has not said OK"),
    ]
)
CHECK_LABELS = coded_list(
    [
        ("tyres", "轮胎", "Tyres"),
        ("brakes", "刹车", "Brakes"),
        ("lights", "灯光", "Lights"),
        ("belts", "安全带", "Seat belts"),
        ("ramp", "坡板", "Ramp"),
        ("straps", "轮椅固定带", "Wheelchair straps"),
        ("first_aid", "急救包", "First-aid box"),
        ("fuel", "油量/电量", "Fuel or charge"),
    ]
)
MISSING_LABELS = coded_list(
    [
        ("wait", "还没等满十分钟", "ten minutes of waiting"),
        ("calls", "还没打满两个电话", "two calls"),
        ("knock", "还没敲门", "a knock"),
        ("reached_someone", "还没联系上任何人", "someone reached"),
    ]
)
REACH_LABELS = {
    "hearing": _l("Hears badly: a light bell or a text, then the key neighbour."),
    "sight": _l("Sees badly: call out who it is and the code, then the key neighbour."),
    "cognition": _l("May not understand: ring the family or the key neighbour first."),
}
UNFIT_LABELS = coded_list(
    [
        ("car_inactive", "已停用", "Not in use"),
        ("insurance_expired", "保险到期", "Insurance expired"),
        ("inspection_expired", "年检到期", "Inspection expired"),
        ("out_of_service", "停驶", "Out of service"),
        ("check_failed", "出车检查未通过", "Failed the pre-run check"),
        ("driver_inactive", "已停用", "Not in use"),
        ("licence_expired", "驾照到期", "Licence expired"),
        ("driver_on_leave", "请假", "On leave"),
        ("shift_called_off", "班次已取消", "Shift called off"),
        ("escort_inactive", "已停用", "Not in use"),
        ("escort_on_leave", "请假", "On leave"),
    ]
)

add_tags(
    RunStatus,
    RUN_LABELS,
    {
        "draft": ("neutral", "pencil"),
        "published": ("active", "send"),
        "under_way": ("info", "steering-wheel"),
        "finished": ("good", "home-check"),
        "cancelled": ("neutral", "ban"),
    },
)
add_messages(
    {
        f"refused_{breach.value}": _l("That run cannot take this ride: see what it would break.")
        for breach in Breach
    }
)
add_messages(
    {
        "driver_photo_needs_consent": _l(
            "The driver's photo is shown to families: please tick that they agree."
        ),
        "run_locked": _l("The run is locked. Unlock it first."),
        "stop_locked": _l("A stop that is done or locked keeps its place."),
        "assignment_refused": _l("That run cannot take this ride: see what it would break."),
        "return_unplanned": _l(
            "Somebody's way home is not planned yet: plan it before publishing."
        ),
        "not_fit": _l("The car or the person may not go out that day."),
        "engaged": _l("The car, the driver or the escort is on another run at that time."),
        "run_not_empty": _l("The run still carries people: take them off first."),
        "day_has_open_debts": _l(
            "%(open)s people are not handed over yet: the day cannot be closed."
        ),
        "company_missing": _l("Write down which taxi company it is."),
        "slip_reconciled": _l("This taxi slip is settled already."),
        "amount_negative": _l("The amount cannot be below zero."),
        "reason": _l("Choose the reason."),
        "no_duty_that_day": _l("That person is not on duty on that day."),
    }
)
add_act_labels(
    {
        "run_edited": _l("Run edited by hand"),
        "run_crewed": _l("Car or crew of a run changed"),
        "run_published": _l("Run published"),
        "day_closed": _l("Day closed"),
        "alarm_taken": _l("Alarm taken on"),
        "promise_told": _l("Family told their time"),
        "called_after_ride": _l("Call after the ride home"),
        "no_show_confirmed": _l("No-show closed"),
        "leg_standby": _l("Standby list changed"),
        "taxi_ordered": _l("Ride given to a taxi"),
        "taxi_called_off": _l("Taxi called off"),
        "slip_settled": _l("Taxi slip settled"),
        "unmet_noted": _l("Unmet need noted"),
        "unmet_solved": _l("Unmet need solved"),
        "vehicle_added": _l("Car added"),
        "vehicle_changed": _l("Car changed"),
        "vehicle_checked": _l("Car looked at before its run"),
        "helper_changed": _l("Driver or escort changed"),
        "driver_photo": _l("A driver's photo kept or removed"),
        "shift_called_off": _l("Shift called off"),
        "weekly_shift_ended": _l("Weekly shift ended"),
        "leave_taken_back": _l("Days off taken back"),
        "escort_knows": _l("Whom an escort knows"),
    }
)
