"""Batches: noting one, blocking a recalled one, and at once the list of who had it (moment 2i)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.operations import batch_of, quarantine_batch, release_batch
from outreach.campaigns.queries import products_of
from outreach.ledger.campaign_lines import vaccines
from outreach.ledger.recalls import batch, batches, who_had
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, language
from outreach.web.messages import word
from outreach.web.notices import notify

bp = Blueprint("batches", __name__, url_prefix="/batches")

KEEPERS = (Role.CLINICIAN, Role.ADMINISTRATOR)


@bp.get("")
@allowed(*KEEPERS)
def index() -> ResponseReturnValue:
    """List batches, blocked ones first."""
    form = Form(request.args)
    with reading() as act:
        lines = batches(act.session, text=form.text("text", longest=40))
        products = _products(act)
    return page_or_fragment(
        "admin/batches/index.html",
        "admin/batches/_rows.html",
        lines=lines,
        products=products,
        form=form,
    )


def _products(act: Acting) -> list[tuple[int, str]]:
    zh = language() == "zh"
    return [
        (product.id, product.name_zh if zh else product.name_en)
        for vaccine in vaccines(act.session)
        for product in products_of(act.session, vaccine_id=vaccine.id)
    ]


@bp.post("")
@allowed(*KEEPERS)
def add() -> ResponseReturnValue:
    """Note a batch; one that is known already is opened."""
    form = Form(request.form)
    number = form.text("number", required=True, longest=40)
    product_id, expires_on = form.whole("product_id", required=True), form.day("expires_on")
    with form.catching():
        form.check()
        with acting() as act:
            if product_id not in dict(_products(act)):
                form.wrong("product_id", "not_in_list")
            form.check()
            made = batch_of(
                act.session, product_id=product_id or 0, number=number, expires_on=expires_on
            )
            act.record("batch_noted", ("batch", made.id))
            batch_id = made.id
        return go(url_for(".show", batch_id=batch_id))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".index"))


@bp.get("/<int:batch_id>")
@allowed(*KEEPERS)
def show(batch_id: int) -> ResponseReturnValue:
    """Show one batch and, with the right to names, who had it."""
    with acting() as act:
        line = batch(act.session, batch_id)
        people, elsewhere = who_had(act.session, batch_id=batch_id, scope=act.scope, now=act.now)
        shows_names = act.scope.sees_names
        act.record("recall_list", ("batch", batch_id), facts={"people": len(people)})
    return render_template(
        "admin/batches/show.html",
        line=line,
        people=people,
        elsewhere=elsewhere,
        shows_names=shows_names,
        form=Form(),
    )


@bp.post("/<int:batch_id>/block")
@allowed(*KEEPERS)
def block(batch_id: int) -> ResponseReturnValue:
    """Block a recalled batch: from now on nothing of it can be recorded."""
    form = Form(request.form)
    reason = form.text("reason", required=True, longest=300)
    with form.catching():
        form.check()
        with acting() as act:
            batch(act.session, batch_id)
            quarantine_batch(
                act.session, batch_id=batch_id, by=act.user_id, reason=reason, now=act.now
            )
            act.record("batch_blocked", ("batch", batch_id), reason=reason)
        notify(_("Blocked. Below stands who had it."), undo=url_for(".release", batch_id=batch_id))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".show", batch_id=batch_id))


@bp.post("/<int:batch_id>/release")
@allowed(*KEEPERS)
def release(batch_id: int) -> ResponseReturnValue:
    """Let a blocked batch be used again."""
    with acting() as act:
        batch(act.session, batch_id)
        release_batch(act.session, batch_id=batch_id)
        act.record("batch_released", ("batch", batch_id))
    notify(_("Released. Doses of it can be recorded again."))
    return go(url_for(".show", batch_id=batch_id))
