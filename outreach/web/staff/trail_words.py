"""What the acts of these pages are called in the audit trail."""

from __future__ import annotations

from outreach.web.admin.audit_words import add_act_labels
from outreach.web.i18n import _l

add_act_labels(
    {
        "number_shown": _l("Phone number shown"),
        "edited": _l("Person edited"),
        "stay_noted": _l("Stay noted"),
        "stay_ended": _l("Stay ended"),
        "contact_added": _l("Contact person added"),
        "contact_ended": _l("Contact person ended"),
        "number_added": _l("Phone number added"),
        "number_wrong": _l("Phone number marked wrong"),
        "assigned": _l("Lines given to a colleague"),
        "notice_written": _l("Notice written"),
        "notice_changed": _l("Notice changed"),
        "broadcast": _l("Broadcast sent"),
        "card_written": _l("Answer card written"),
        "card_reviewed": _l("Answer card reviewed"),
        "card_retired": _l("Answer card taken out of use"),
    },
    {"notice": _l("Notice"), "answer_card": _l("Answer card")},
)
