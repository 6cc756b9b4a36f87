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
        "contact_edited": _l("Contact person changed"),
        "evidence_kept": _l("Paper or photo kept"),
        "evidence_removed": _l("Paper or photo removed"),
        "infection_noted": _l("Infection noted"),
        "resident_erased": _l("Person erased"),
        "terms_changed": _l("Terms of a campaign changed"),
        "campaign_opened": _l("Campaign opened"),
        "campaign_moved": _l("State of a campaign changed"),
        "rule_set_added": _l("Rule set added"),
        "batch_noted": _l("Batch noted"),
        "batch_blocked": _l("Batch blocked"),
        "batch_released": _l("Batch released"),
        "recall_list": _l("List of who had a batch opened"),
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
    {
        "notice": _l("Notice"),
        "answer_card": _l("Answer card"),
        "campaign": _l("Campaign"),
        "rule_set": _l("Rule set"),
        "batch": _l("Batch"),
    },
)
