"""Answer cards: answers to what people hesitate about, written by one clinician, checked by another."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.answer_cards import CardDraft, get_card, retire_card, review_card, write_card
from outreach.contact.codes import HESITANCY
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.workflows.card_list import card_list, card_text

bp = Blueprint("cards", __name__, url_prefix="/cards")

READERS = (Role.CLINICIAN, Role.GRID_WORKER, Role.CALLER)
REVIEW_AFTER = timedelta(days=180)


@bp.get("")
@allowed(*READERS)
def index() -> ResponseReturnValue:
    """Show the cards by topic: in use, waiting for review, due for review."""
    only_due = request.args.get("only") == "due"
    with reading() as act:
        cards = card_list(act.session, day=act.today, user_id=act.user_id)
        review_on = act.today + REVIEW_AFTER
    due = [card for card in cards if card.is_due]
    return page_or_fragment(
        "staff/cards/index.html",
        "staff/cards/_list.html",
        cards=due if only_due else cards,
        due=len(due),
        only_due=only_due,
        review_on=review_on,
        form=Form(),
    )


@bp.get("/new")
@allowed(Role.CLINICIAN)
def new() -> ResponseReturnValue:
    """Show the form for a new card, or for the next version of one (?of=ID)."""
    of = request.args.get("of", "")
    with reading() as act:
        before = card_text(act.session, card_id=int(of)) if of.isdecimal() else None
    return _form_page(Form(), before, 200)


@bp.post("/new")
@allowed(Role.CLINICIAN)
def create() -> ResponseReturnValue:
    """Keep the words as the next version; another clinician puts it into use."""
    form = Form(request.form)
    draft = CardDraft(
        code=form.text("code", required=True, longest=40),
        topic=form.code("topic", HESITANCY),
        title_zh=form.text("title_zh", required=True, longest=80),
        title_en=form.text("title_en", longest=80),
        body_zh=form.text("body_zh", required=True, longest=2000),
        body_en=form.text("body_en", longest=2000),
    )
    with form.catching():
        form.check()
        with acting() as act:
            card = write_card(act.session, draft=draft, by=act.user_id, now=act.now)
            act.record("card_written", ("answer_card", card.id))
        notify(_("Kept. It is used as soon as another clinician has reviewed it."))
        return go(url_for(".index"))
    return _form_page(form, None, 422)


def _form_page(form: Form, before: CardDraft | None, status: int) -> ResponseReturnValue:
    topics = [(code, coded(entry)) for code, entry in HESITANCY.items()]
    page = render_template("staff/cards/new.html", form=form, before=before, topics=topics)
    return page, status


@bp.post("/<int:card_id>/review")
@allowed(Role.CLINICIAN)
def review(card_id: int) -> ResponseReturnValue:
    """Put a version into use until its next review; the one before goes out of use."""
    form = Form(request.form)
    review_on = form.day("review_on")
    with acting() as act:
        review_card(
            act.session,
            card_id=card_id,
            by=act.user_id,
            review_on=review_on or act.today + REVIEW_AFTER,
            day=act.today,
        )
        act.record("card_reviewed", ("answer_card", card_id))
    notify(_("In use from now on."))
    return go(url_for(".index"))


@bp.post("/<int:card_id>/retire")
@allowed(Role.CLINICIAN)
def retire(card_id: int) -> ResponseReturnValue:
    """Take a card out of use; answers given with it keep it."""
    with acting() as act:
        get_card(act.session, card_id)
        retire_card(act.session, card_id=card_id)
        act.record("card_retired", ("answer_card", card_id))
    notify(_("Out of use. Answers given with it keep their words."))
    return go(url_for(".index"))
