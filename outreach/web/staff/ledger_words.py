"""Words for what stands against an act on a person: agreement, rules, versions, erasure."""

from __future__ import annotations

from outreach.web.i18n import _l
from outreach.web.messages import add_messages

add_messages(
    {
        "consent_conflict": _l(
            "The person and a relative say different things. Speak with them, note what is agreed, then book."
        ),
        "doses_apart": _l("These doses must lie %(days)s days apart: book one of them."),
        "doses_not_stated": _l(
            "The rules do not say that these doses may share a day: book one of them."
        ),
        "dose_too_early": _l("On that day the dose would not count: not before %(earliest_on)s."),
        "contact_changed": _l(
            "Someone else changed this contact meanwhile. Look at what is saved now and enter yours again."
        ),
        "hours_half": _l("Please give both hours, or neither."),
        "relation_of_self": _l("Only the person is “self”."),
        "consent_paper_missing": _l("Please add a photo of the signed paper."),
        "name_differs_from_theirs": _l("This is not the name of the person."),
        "photo_needs_consent": _l("A photo of the person needs their consent: please tick it."),
    }
)
