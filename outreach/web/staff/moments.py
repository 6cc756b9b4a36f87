"""The timeline of a person in words: one sentence per thing that happened, nothing left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for

from outreach.clinics.codes import DayEventKind
from outreach.contact.codes import CONTACT_OUTCOMES, HESITANCY
from outreach.kernel.codes import Coded
from outreach.ledger.codes import CAUSE_LABELS, DEFERRALS, GRADE_LABELS, STATUS_LABELS
from outreach.transport.codes import RIDE_RESULTS
from outreach.web.filters import day, day_with_year, moment
from outreach.web.i18n import _, _l, language
from outreach.web.staff.looks import (
    APPOINTMENT_LABELS,
    CHANNEL_LABELS,
    LIFE_KIND_LABELS,
    MEANING_LABELS,
    MESSAGE_LABELS,
    STEP_LABELS,
    may,
)
from outreach.workflows.person_timeline import Moment

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline as the component draws it."""

    at: datetime
    icon: str
    title: str
    detail: str
    by: str
    to: str = ""  # where its words can be copied from


EVENTS = {
    DayEventKind.ARRIVED_AT_DOOR: _l("Car at the door"),
    DayEventKind.CALLED: _l("Rung from the car"),
    DayEventKind.KNOCKED: _l("Knocked at the door"),
    DayEventKind.PICKED_UP: _l("Picked up"),
    DayEventKind.NOT_THERE: _l("Not met at the door"),
    DayEventKind.AT_SITE: _l("At the site"),
    DayEventKind.REGISTERED: _l("Registered at the desk"),
    DayEventKind.SCREENED: _l("Screened"),
    DayEventKind.JABBED: _l("Jabbed"),
    DayEventKind.OBSERVING: _l("Observation begun"),
    DayEventKind.OBSERVATION_EXTENDED: _l("Observation extended"),
    DayEventKind.ADVERSE_EVENT: _l("Reaction noted"),
    DayEventKind.NO_DOSE: _l("No dose today"),
    DayEventKind.READY: _l("Ready for the way home"),
    DayEventKind.LEFT_SITE: _l("Left the site"),
    DayEventKind.HANDED_OVER: _l("Handed over at home"),
    DayEventKind.LEFT_WITH_FAMILY: _l("Left with the family"),
    DayEventKind.TO_HOSPITAL: _l("Taken to hospital"),
    DayEventKind.DEPARTED: _l("Car on its way"),
    DayEventKind.EMERGENCY: _l("Emergency"),
    DayEventKind.ACKNOWLEDGED: _l("Alarm acknowledged"),
    DayEventKind.VOIDED: _l("An entry was taken back"),
}


def events(moments: Iterable[Moment]) -> list[Event]:
    """Return the timeline in words, in the order given."""
    return [_event(found) for found in moments]


def _event(found: Moment) -> Event:
    icon, words = WORDED.get(found.kind, ("circle", _plain))
    title, detail = words(found.facts)
    return Event(found.at, icon, title, detail, found.by_name, _copy_from(found))


def _copy_from(found: Moment) -> str:
    """Return where the words can be copied for WeChat, for whoever may (moment 3b)."""
    if found.kind == "message" and found.facts.get("has_words") and may("wechat.message"):
        return url_for("wechat.message", message_id=found.reference)
    if found.kind == "answer" and may("wechat.answer"):
        return url_for("wechat.answer", question_id=found.reference)
    return ""


def _plain(facts: Facts) -> tuple[str, str]:
    return _("Something was noted"), ""


def _label(labels: Mapping[str, Coded], code: object) -> str:
    entry = labels.get(str(code or ""))
    return entry.label(language()) if entry else str(code or "")


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _day(value: object) -> str:
    return day(value) if isinstance(value, date) else ""


def _status(facts: Facts) -> tuple[str, str]:
    if facts.get("left"):
        return _("Left the ledger"), _label(CAUSE_LABELS, facts["cause"])
    now = _label(STATUS_LABELS, facts["now"])
    was = facts.get("was")
    detail = _("before: %(status)s", status=_label(STATUS_LABELS, was)) if was else ""
    return now, _joined(_label(CAUSE_LABELS, facts["cause"]), detail)


def _strike_off(facts: Facts) -> tuple[str, str]:
    titles = {
        "vaccinated": _("Struck off: vaccinated"),
        "exempt": _("Struck off: exempt"),
        "reversed": _("Strike-off reversed"),
    }
    grade = facts.get("grade")
    return titles[str(facts["closure"])], _joined(
        _label(GRADE_LABELS, grade) if grade else "", facts.get("reason")
    )


def _contact(facts: Facts) -> tuple[str, str]:
    outcome = _label(CONTACT_OUTCOMES, facts["outcome"])
    channel = _label(CHANNEL_LABELS, facts["channel"])
    title = f"{channel}: {outcome}"
    if facts.get("is_voided"):
        return _("Taken back: %(what)s", what=title), str(facts.get("void_reason") or "")
    following = facts.get("next_contact_on")
    return title, _joined(
        _label(HESITANCY, facts["main_reason"]) if facts.get("main_reason") else "",
        facts.get("note"),
        _("next contact %(day)s", day=_day(following)) if following else "",
    )


def _question(facts: Facts) -> tuple[str, str]:
    return _("Asked the doctor"), _joined(_label(HESITANCY, facts["topic"]), facts["text"])


def _answer(facts: Facts) -> tuple[str, str]:
    return _("The doctor answered"), str(facts["answer"])


def _dose(facts: Facts) -> tuple[str, str]:
    product = facts["product_zh" if language() == "zh" else "product_en"]
    given = facts["given_on"]
    on = day_with_year(given) if isinstance(given, date) else ""
    return _("Dose of %(day)s recorded", day=on), _joined(
        product, _label(GRADE_LABELS, facts["grade"])
    )


def _dose_voided(facts: Facts) -> tuple[str, str]:
    given = facts["given_on"]
    on = day_with_year(given) if isinstance(given, date) else ""
    return _("Dose of %(day)s taken back", day=on), str(facts.get("reason") or "")


def _deferral(facts: Facts) -> tuple[str, str]:
    until = facts.get("until_on")
    return _("Put off"), _joined(
        _label(DEFERRALS, facts["code"]), _("until %(day)s", day=_day(until)) if until else ""
    )


def _deferral_lifted(facts: Facts) -> tuple[str, str]:
    return _("Deferral lifted"), _joined(_label(DEFERRALS, facts["code"]), facts.get("reason"))


def _consent(facts: Facts) -> tuple[str, str]:
    return (_("Consent given") if facts["is_yes"] else _("Consent refused")), ""


def _life(facts: Facts) -> tuple[str, str]:
    kind = _label(LIFE_KIND_LABELS, facts["life"])
    return _("Heard: %(what)s", what=kind), str(facts.get("words") or "")


def _life_decided(facts: Facts) -> tuple[str, str]:
    kind = _label(LIFE_KIND_LABELS, facts["life"])
    if str(facts["state"]) == "confirmed":
        return _("Confirmed: %(what)s", what=kind), ""
    return _("Not true: %(what)s", what=kind), ""


def _stay(facts: Facts) -> tuple[str, str]:
    until = facts.get("until_on")
    return _("Stays elsewhere"), _joined(
        _("from %(day)s", day=_day(facts["from_on"])),
        _("until %(day)s", day=_day(until)) if until else "",
        _("taken back") if facts.get("is_taken_back") else "",
    )


def _booked(facts: Facts) -> tuple[str, str]:
    slot = facts["slot_at"]
    when = moment(slot) if isinstance(slot, datetime) else ""
    return _("Booked for %(moment)s", moment=when), _joined(
        facts["site"], _label(APPOINTMENT_LABELS, facts["status"])
    )


def _cancelled(facts: Facts) -> tuple[str, str]:
    slot = facts["slot_at"]
    when = moment(slot) if isinstance(slot, datetime) else ""
    return _("Booking of %(moment)s cancelled", moment=when), _label(RIDE_RESULTS, facts["code"])


def _day_event(facts: Facts) -> tuple[str, str]:
    return str(EVENTS[DayEventKind(str(facts["event"]))]), ""


def _message(facts: Facts) -> tuple[str, str]:
    title = _joined(_label(CHANNEL_LABELS, facts["channel"]), _label(STEP_LABELS, facts["step"]))
    return title, _label(MESSAGE_LABELS, facts["state"])


def _reply(facts: Facts) -> tuple[str, str]:
    return _("Reply: %(what)s", what=_label(MEANING_LABELS, facts["meaning"])), str(facts["body"])


def _said(title: object) -> Callable[[Facts], tuple[str, str]]:
    return lambda _facts: (str(title), "")


WORDED: dict[str, tuple[str, Callable[[Facts], tuple[str, str]]]] = {
    "status": ("arrow-right", _status),
    "strike_off": ("checks", _strike_off),
    "contact": ("phone", _contact),
    "question": ("message-question", _question),
    "answer": ("message-check", _answer),
    "answer_passed_on": ("checks", _said(_l("The answer was passed on"))),
    "dose": ("vaccine", _dose),
    "dose_voided": ("vaccine-off", _dose_voided),
    "deferral": ("calendar-pause", _deferral),
    "deferral_lifted": ("calendar", _deferral_lifted),
    "consent": ("signature", _consent),
    "consent_withdrawn": ("signature-off", _said(_l("Consent withdrawn"))),
    "life_report": ("ear", _life),
    "life_decided": ("gavel", _life_decided),
    "stay": ("map-pin", _stay),
    "booked": ("calendar-plus", _booked),
    "confirmed": ("calendar-check", _said(_l("Booking confirmed"))),
    "cancelled": ("calendar-x", _cancelled),
    "day_event": ("steering-wheel", _day_event),
    "message": ("message", _message),
    "reply": ("message-2", _reply),
}
