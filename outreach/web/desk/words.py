"""Words of the desk: the questions of the pre-screen, and what can go wrong."""

from __future__ import annotations

from outreach.kernel.codes import coded_list
from outreach.web.i18n import _l
from outreach.web.messages import add_messages

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
add_messages(
    {
        "stock_missing": _l("Choose the product and batch from this session's table."),
        "batch_quarantined": _l("This batch is quarantined and must not be given."),
        "batch_expired": _l("This batch has expired."),
        "nearby_dose": _l("Another dose is recorded close to this day: look at the person first."),
    }
)
