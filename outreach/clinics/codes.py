"""Coded words of clinics: kinds of sessions, modes of a direction, visit results (V), adverse events (A)."""

from __future__ import annotations

from enum import StrEnum

from outreach.kernel.codes import coded_list


class SessionKind(StrEnum):
    """Where the needle goes to, or who comes to it (moment 1c)."""

    CLINIC = "clinic"
    POP_UP = "pop_up"
    HOME_ROUND = "home_round"
    INSTITUTION = "institution"


class SessionState(StrEnum):
    """Life of a site session."""

    OPEN = "open"
    CLOSED_EARLY = "closed_early"
    CANCELLED = "cancelled"


class Mode(StrEnum):
    """How one direction is made (moment 1a). Only OUR_CAR makes a ride leg."""

    OUR_CAR = "our_car"
    WALKS = "walks"
    FAMILY = "family"
    OTHER = "other"


MODE_LABELS = coded_list(
    [
        ("our_car", "专车接送", "Our car"),
        ("walks", "自己步行", "Walks"),
        ("family", "家人接送", "Family"),
        ("other", "其他方式", "Other"),
    ]
)


class AppointmentStatus(StrEnum):
    """Life of an appointment."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    DONE = "done"
    NO_DOSE = "no_dose"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


NEXT_APPOINTMENT_STATUS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.BOOKED: frozenset(
        {
            AppointmentStatus.CONFIRMED,
            AppointmentStatus.ARRIVED,
            AppointmentStatus.DONE,
            AppointmentStatus.NO_DOSE,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NO_SHOW,
        }
    ),
    AppointmentStatus.CONFIRMED: frozenset(
        {
            AppointmentStatus.BOOKED,
            AppointmentStatus.ARRIVED,
            AppointmentStatus.DONE,
            AppointmentStatus.NO_DOSE,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NO_SHOW,
        }
    ),
    AppointmentStatus.ARRIVED: frozenset(
        {AppointmentStatus.DONE, AppointmentStatus.NO_DOSE, AppointmentStatus.CONFIRMED}
    ),
    AppointmentStatus.DONE: frozenset({AppointmentStatus.NO_DOSE, AppointmentStatus.ARRIVED}),
    AppointmentStatus.NO_DOSE: frozenset({AppointmentStatus.DONE, AppointmentStatus.ARRIVED}),
    AppointmentStatus.CANCELLED: frozenset({AppointmentStatus.BOOKED}),
    AppointmentStatus.NO_SHOW: frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.BOOKED}),
}
STANDING = frozenset(
    {AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED}
)
CAME = frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.DONE, AppointmentStatus.NO_DOSE})
# Whoever goes without a dose leaves their place to somebody else.
HOLDS_SLOT = STANDING | {AppointmentStatus.DONE}


class DayEventKind(StrEnum):
    """What happened on the day; stop and visit states derive from these, appended only (moment 1c)."""

    ARRIVED_AT_DOOR = "arrived_at_door"
    CALLED = "called"
    KNOCKED = "knocked"
    PICKED_UP = "picked_up"
    NOT_THERE = "not_there"
    AT_SITE = "at_site"
    REGISTERED = "registered"
    SCREENED = "screened"
    JABBED = "jabbed"
    OBSERVING = "observing"
    OBSERVATION_EXTENDED = "observation_extended"
    ADVERSE_EVENT = "adverse_event"
    NO_DOSE = "no_dose"
    READY = "ready"
    LEFT_SITE = "left_site"
    HANDED_OVER = "handed_over"
    LEFT_WITH_FAMILY = "left_with_family"
    TO_HOSPITAL = "to_hospital"
    NOT_TODAY = "not_today"
    DEPARTED = "departed"
    RETURNED = "returned"
    EMERGENCY = "emergency"
    ACKNOWLEDGED = "acknowledged"
    VOIDED = "voided"


class EventSource(StrEnum):
    """By which door an event came in."""

    FIELD = "field"
    DESK = "desk"
    DISPATCH = "dispatch"
    PAPER = "paper"
    FAMILY = "family"


VISIT_RESULTS = coded_list(
    [
        ("V01", "已接种", "Vaccinated"),
        ("V02", "医生暂缓", "Deferred by clinician"),
        ("V03", "医生判禁忌", "Contraindicated"),
        ("V04", "本人现场拒绝", "Refused at the desk"),
        ("V05", "缺苗", "No stock"),
        ("V06", "排队过久离开", "Left the queue"),
        ("V07", "留观异常-已处理", "Reaction, handled"),
        ("V08", "留观异常-转诊", "Reaction, referred"),
    ]
)

ADVERSE_EVENTS = coded_list(
    [
        ("A0", "无", "None"),
        ("A1", "局部反应", "Local"),
        ("A2", "发热", "Fever"),
        ("A3", "过敏", "Allergic"),
        ("A4", "晕厥", "Fainting"),
        ("A5", "严重/送医", "Serious, taken to hospital"),
    ]
)
