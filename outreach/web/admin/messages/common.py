"""What the pages of sending share: the routes as they are set up, campaigns to choose, named refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from babel.numbers import format_currency, get_territory_currencies
from flask import request
from flask.blueprints import BlueprintSetupState

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.queries import list_campaigns
from outreach.contact.wording import Problem
from outreach.places.queries import get_place
from outreach.ports.messages import Capabilities
from outreach.web.acting import Acting
from outreach.web.admin.messages import words
from outreach.web.forms import Form
from outreach.web.i18n import _, language
from outreach.web.visit import services

MICRO = 1_000_000


def carriers(act: Acting) -> list[tuple[str, Capabilities]]:
    """Return every route with what it carries to a mobile of this place's country."""
    return services().routes.carriers(country=get_place(act.session).country)


def capabilities(act: Acting) -> list[Capabilities]:
    """Return what the routes carry."""
    return [able for _name, able in carriers(act)]


def campaign_options(act: Acting) -> list[tuple[str, str]]:
    """Return the campaigns one may choose on a page, "for all" first."""
    found = list_campaigns(act.session)
    mine = [c for c in found if c.state is not CampaignState.ARCHIVED]
    names = [(str(c.id), c.name_en if language() == "en" else c.name_zh) for c in mine]
    return [("", _("For all campaigns")), *names]


def chosen_campaign() -> int | None:
    """Return the campaign of the address or the form, None for all."""
    form = Form(request.values)
    return form.whole("campaign", least=1)


def show_problems(form: Form, field: str, problems: Iterable[Problem]) -> None:
    """Put every reason beside its field."""
    for problem in problems:
        form.wrong(field, problem.code, what=problem.what)


def money(micros: int | None, country: str) -> str:
    """Return a sum in the country's currency; parts of a cent are shown, since a text costs few."""
    currencies: Sequence[str] = get_territory_currencies(country) or ["CNY"]
    digits = "0.00##"
    return str(
        format_currency(
            (micros or 0) / MICRO, currencies[0], f"¤{digits}", language(), currency_digits=False
        )
    )


def install(state: BlueprintSetupState) -> None:
    """Give templates the words of these pages."""
    state.app.jinja_env.globals.update(
        MESSAGE_PURPOSES=words.PURPOSES,
        AUDIENCES=words.AUDIENCES,
        ANCHORS=words.ANCHORS,
        OPT_OUT_SOURCES=words.SOURCES,
        MESSAGE_REASONS=words.REASONS,
        EXPERIMENT_STATES=words.EXPERIMENT_STATES,
        STOP_REASONS=words.STOP_REASONS,
    )
