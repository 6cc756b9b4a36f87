"""Words of the desk: questions, identity, stages, and what can go wrong."""

from __future__ import annotations

from outreach.clinics.visit import VisitStage
from outreach.kernel.codes import coded_list
from outreach.web.admin.audit_words import add_act_labels
from outreach.web.i18n import _l
from outreach.web.messages import add_messages
from outreach.web.tags import add_tags

QUESTION_LABELS = coded_list(
    [
        ("fever", "最近发热", "Fever lately"),
        ("acute_illness", "急性病发作", "An acute illness"),
        ("new_medicine", "新换药物", "A new medicine"),
        ("allergy", "疫苗或药物过敏史", "Allergy to a vaccine or medicine"),
        ("recent_vaccine", "近期打过其他疫苗", "Another vaccine lately"),
        ("papers_missing", "证件未带", "Papers missing"),
        ("temperature", "体温偏高", "Raised temperature"),
        ("blood_pressure", "血压过高", "Very high blood pressure"),
    ]
)
IDENTITY_LABELS = coded_list(
    [
        ("name", "姓名", "name"),
        ("birth_date", "出生日期", "birth date"),
        ("address", "住址", "address"),
        ("known", "工作人员认识", "known to staff"),
        ("photo", "与早先照片相符", "looks like an earlier photo"),
    ]
)
STAGES = coded_list(
    [
        ("expected", "未到", "expected"),
        ("on_the_way", "车上", "on the way"),
        ("at_site", "已到门口", "at the door"),
        ("registered", "已登记", "registered"),
        ("screened", "已预检", "screened"),
        ("observing", "留观中", "under watch"),
        ("ready", "可以回家", "ready"),
        ("left", "已离开", "left"),
        ("handed_over", "已到家", "home"),
    ]
)
ACT_LABELS = {
    VisitStage.EXPECTED: _l("Check in"),
    VisitStage.ON_THE_WAY: _l("Check in"),
    VisitStage.AT_SITE: _l("Check in"),
    VisitStage.REGISTERED: _l("Pre-screen"),
    VisitStage.SCREENED: _l("Jab"),
    VisitStage.OBSERVING: _l("Watch"),
    VisitStage.READY: _l("Way home"),
    VisitStage.LEFT: _l("Look"),
    VisitStage.HANDED_OVER: _l("Look"),
}
CHECK_STATES = coded_list(
    [
        ("unasked", "未询问", "not asked yet"),
        ("waits", "待医生判断", "waits for a clinician"),
        ("clear", "可以出发", "may go"),
    ]
)
add_tags(
    VisitStage,
    STAGES,
    {
        "expected": ("neutral", "clock"),
        "on_the_way": ("info", "car"),
        "at_site": ("warn", "door-enter"),
        "registered": ("active", "id"),
        "screened": ("active", "stethoscope"),
        "observing": ("info", "stopwatch"),
        "ready": ("good", "home"),
        "left": ("good", "home-move"),
        "handed_over": ("good", "home-check"),
    },
)
add_messages(
    {
        "stock_missing": _l("Choose the product and batch from this session's table."),
        "stock_empty": _l("Nothing of this batch is left on the table. Choose another one."),
        "stock_of_another_vaccine": _l("This batch is of another vaccine than the one planned."),
        "batch_quarantined": _l("This batch is quarantined and must not be given."),
        "batch_expired": _l("This batch has expired."),
        "nearby_dose": _l("Another dose is recorded close to this day: look at the person first."),
        "identity_two": _l("Two things must agree: tick at least two."),
        "jab_recorded": _l("The jab is recorded already. Nothing was recorded twice."),
        "visit_over_without_dose": _l("This visit ended without a dose already."),
        "consent_missing": _l("Nobody has said yes to this dose yet. Ask, and note the answer."),
        "consent_no": _l("The last word on this dose is a no. Nothing is given without a new yes."),
        "screen_missing": _l("The pre-screen comes first."),
        "screen_waits": _l("A clinician must look at the pre-screen first."),
        "screen_not_today": _l("The clinician said: not today."),
        "dose_not_planned": _l("This dose is not planned for this visit."),
        "visit_result": _l("Choose why there is no dose."),
        "deferral_kind": _l(
            "A contraindication needs one of D01–D03, a deferral any of the others."
        ),
        "session_full": _l("Every place that is left today is taken. Offer another day."),
        "nothing_due": _l("No dose is due for this person."),
        "visit_not_ahead": _l("This visit has begun or is over."),
        "observer_missing": _l("Name who watches after the jab."),
        "stay_minutes": _l("The team stays at least %(least)s minutes."),
        "not_bed_bound": _l("Home rounds are for people who cannot leave their bed."),
        "not_a_home_round": _l("Choose a time of a home round."),
        "home_yes_missing": _l("A clinician's yes to the dose at home comes first."),
    }
)
add_act_labels(
    {
        "pre_screen_decided": _l("Decided on a pre-screen"),
        "home_visit_agreed": _l("Agreed to a dose at home"),
    }
)
