"""Words of the family page: how a visit stands, what can go wrong, and what staff read in the trail."""

from __future__ import annotations

from flask_babel.speaklater import LazyString

from outreach.web.admin.audit_words import add_act_labels
from outreach.web.i18n import _l
from outreach.web.messages import add_messages
from outreach.workflows.family_acts import Wish
from outreach.workflows.family_page import Phase

PHASES: dict[Phase, tuple[LazyString, str]] = {
    Phase.ASKED: (_l("A place is kept for you. Will you come?"), "?"),
    Phase.EXPECTED: (_l("Confirmed. We expect you."), "✓"),
    Phase.ON_THE_WAY: (_l("In the car, on the way there"), "→"),
    Phase.AT_SITE: (_l("At the site"), "●"),
    Phase.OBSERVING: (_l("The jab is given. Resting at the site under watch."), "◔"),
    Phase.READY: (_l("Ready for the way home"), "✓"),
    Phase.GOING_HOME: (_l("On the way home"), "⌂"),
    Phase.HOME: (_l("Home safely"), "✓"),
    Phase.CANCELLED: (_l("This appointment is cancelled. Please do not come."), "✕"),
    Phase.MISSED: (
        _l("You did not meet our car. That is no trouble: ring us for another day."),
        "✕",
    ),
}
WISHES: dict[Wish, tuple[LazyString, LazyString]] = {
    Wish.ANOTHER_TIME: (
        _l("Another time, please"),
        _l("Which days or hours suit you? Someone rings you to agree on it."),
    ),
    Wish.WHEELCHAIR: (
        _l("A wheelchair is needed"),
        _l("We send a car that takes one. What should the driver know?"),
    ),
    Wish.ALREADY_VACCINATED: (
        _l("Vaccinated already"),
        _l("When and where was it? Then nobody has to ask again."),
    ),
}
add_messages(
    {
        "family_door_needed": _l("Open the link from your message, or type the code on your slip."),
        "family_link_over": _l("There is nothing more to see here. If you need anything, ring us."),
        "family_link": _l("This link is not known. Type the code on your slip, or ring us."),
        "family_code_unknown": _l(
            "This code does not open anything. Look at the slip once more, or ring us: we help you "
            "without it."
        ),
        "contact_not_told": _l("This person is not told about visits."),
        "visit_under_way": _l("The visit has begun. Please ring us instead."),
        "no_car_comes": _l("No car of ours is planned."),
        "word_long": _l("At most %(longest)s characters."),
        "word_is_number": _l("Choose a word, not a number: numbers are given by us."),
    }
)
add_act_labels(
    {
        "family_link_made": _l("Handed over a family page"),
        "family_link_revoked": _l("Called back a family page"),
        "family_page_used": _l("The family wrote on its page"),
        "family_word_set": _l("The family chose a word for the driver"),
    },
    {"family_link": _l("family page")},
)
