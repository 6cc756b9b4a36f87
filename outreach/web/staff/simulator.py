"""The phone simulator: what lies on every invented phone, answering as its owner, the keypad of a call."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.simulator import (
    SimulatedPhone,
    conversation,
    get_phone,
    key_of_relative,
    phones,
)
from outreach.kernel.errors import NotAllowed
from outreach.ledger.codes import RELATION_LABELS, Relation
from outreach.web.access import admitted_by
from outreach.web.acting import Acting, acting, reading
from outreach.web.filters import listed
from outreach.web.forms import Form
from outreach.web.htmx import is_fragment, page_or_fragment
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.web.visit import services, visit
from outreach.workflows.hear import answer_from_phone

bp = Blueprint("simulator", __name__, url_prefix="/phones")
bp.record_once(lambda state: state.app.jinja_env.filters.update(owner_words=owner_words))
WHY = "invented phones: a demo place, or an administrator while no real gateway is set"
KEYS = tuple("123456789*0#")


def only_invented() -> None:
    """Raise NotAllowed unless the phones are invented ones and the visitor may play with them."""
    present = visit()
    if present.setting.is_demo:
        return
    roles = present.actor.roles if present.actor else ()
    if Role.ADMINISTRATOR in roles and services().settings.gateway_name == "console":
        return
    raise NotAllowed("demo_only")


@bp.get("")
@admitted_by(only_invented, WHY)
def index() -> ResponseReturnValue:
    """Show every phone that something came to, the latest first."""
    with reading() as act:
        found = phones(act.session)
    return page_or_fragment("simulator/index.html", "simulator/_phones.html", phones=found)


@bp.get("/daughter")
@admitted_by(only_invented, WHY)
def daughter() -> ResponseReturnValue:
    """Open the phone of the story's daughter, never a namesake's; or say what has to happen first."""
    from outreach.demo.districts import DISTRICTS  # here: no other page needs the demo loaded

    heroes = [district.story.name for district in DISTRICTS.values()]
    with reading() as act:
        key = key_of_relative(act.session, Relation.DAUGHTER, names=heroes)
    if key is None:
        return render_template("simulator/quiet.html")
    return redirect(url_for(".show", key=key), 303)


@bp.get("/<key>")
@admitted_by(only_invented, WHY)
def show(key: str) -> ResponseReturnValue:
    """Show one phone with its conversation."""
    with reading() as act:
        phone = get_phone(act.session, key)
        bubbles = conversation(act.session, key)
    return page_or_fragment(
        "simulator/show.html", "simulator/_talk.html", phone=phone, bubbles=bubbles, keys=KEYS
    )


@bp.post("/<key>/answer")
@admitted_by(only_invented, WHY)
def answer(key: str) -> ResponseReturnValue:
    """Answer from this phone, by text or by a key during a call; it is heard as a real one would be."""
    form = Form(request.form)
    pressed = form.code("key", KEYS, required=False)
    body = pressed or form.text("body", required=True, longest=500)
    with form.catching():
        form.check()
        with acting() as act:
            _hear(act, key, body=body, reference=form["reference"], is_key=bool(pressed))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    if not is_fragment():
        return redirect(url_for(".show", key=key), 303)
    return show(key)


def _hear(act: Acting, key: str, *, body: str, reference: str, is_key: bool) -> None:
    phone = get_phone(act.session, key)
    known = {bubble.reference for bubble in conversation(act.session, key)}
    answer_from_phone(
        act.session,
        number=phone.number,
        body=body,
        reference=reference if reference in known else "",
        is_key=is_key,
        now=act.now,
    )


def owner_words(phone: SimulatedPhone) -> str:
    """Return whose phone it is, in one line."""
    if not phone.owners:
        return str(_("a number that nobody in the ledger has"))
    return listed(
        f"{owner.resident_name} · {coded(RELATION_LABELS[owner.relation])} {owner.name}".strip()
        for owner in phone.owners
    )
