"""专业解答: the clinicians' queue, answering with a reviewed card, and what a worker's area has asked."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.answer_cards import cards_due_review
from outreach.contact.codes import HESITANCY, Channel
from outreach.contact.questions import (
    QuestionDraft,
    drop_question,
    people_unwell,
    waiting_questions,
)
from outreach.ledger.codes import RELATION_LABELS
from outreach.ledger.heads import person_head, speakers
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.attention import Matter, add_watcher
from outreach.web.filters import moment
from outreach.web.forms import Form
from outreach.web.htmx import go, local_path, page_or_fragment
from outreach.web.i18n import _, _n
from outreach.web.notices import notify
from outreach.web.staff.looks import CHANNEL_LABELS
from outreach.web.tags import coded
from outreach.workflows.answer_question import answer_question, ask_question, pass_on_answer
from outreach.workflows.question_sheet import asked_questions, question_sheet

bp = Blueprint("questions", __name__)

ASKERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN)
ANSWER_WAYS = (Channel.CALL, Channel.VISIT, Channel.SMS, Channel.WECHAT)


@bp.get("/questions")
@allowed(Role.CLINICIAN)
def index() -> ResponseReturnValue:
    """Show the questions that wait for a clinician, urgent ones first."""
    with reading() as act:
        waiting = waiting_questions(act.session, scope=act.scope, now=act.now)
        due_cards = len(cards_due_review(act.session, day=act.today))
    return page_or_fragment(
        "staff/questions/index.html",
        "staff/questions/_waiting.html",
        waiting=waiting,
        due_cards=due_cards,
    )


@bp.get("/questions/unwell")
@allowed(Role.CLINICIAN)
def unwell() -> ResponseReturnValue:
    """Say on every page of a clinician that somebody feels bad and waits for a call (moment 3g)."""
    with reading() as act:
        found = people_unwell(act.session, scope=act.scope, now=act.now)
    return render_template("staff/questions/_unwell.html", unwell=found)


@bp.get("/questions/<int:question_id>")
@allowed(Role.CLINICIAN)
def show(question_id: int) -> ResponseReturnValue:
    """Show a question, the person behind it, and the cards that may answer it."""
    return _question_page(question_id, Form(request.args), 200)


def _question_page(question_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        sheet = question_sheet(act.session, question_id=question_id, scope=act.scope, now=act.now)
        act.saw("resident", sheet.line.head.resident_id)
    wanted = form["card_id"]
    card = next((card for card in sheet.cards if str(card.card_id) == wanted), None)
    page = render_template("staff/questions/show.html", sheet=sheet, form=form, card=card)
    return page, status


@bp.post("/questions/<int:question_id>/answer")
@allowed(Role.CLINICIAN)
def answer(question_id: int) -> ResponseReturnValue:
    """Keep the answer and send it back the way the question came."""
    form = Form(request.form)
    words = form.text("answer", required=True, longest=2000)
    card_id = form.whole("card_id")
    with form.catching():
        form.check()
        with acting() as act:
            question_sheet(act.session, question_id=question_id, scope=act.scope, now=act.now)
            done = answer_question(
                act.session,
                question_id=question_id,
                answer=words,
                by=act.user_id,
                now=act.now,
                card_id=card_id,
            )
        notify(
            _("Answered. It stands on the worker's list, who passes it on.")
            if done.is_for_worker
            else _("Answered. The answer goes out as a text to the one who asked.")
        )
        return go(url_for(".index"))
    return _question_page(question_id, form, 422)


@bp.post("/questions/<int:question_id>/drop")
@allowed(*ASKERS)
def drop(question_id: int) -> ResponseReturnValue:
    """Close a question that needs no answer any more."""
    with acting() as act:
        question_sheet(act.session, question_id=question_id, scope=act.scope, now=act.now)
        drop_question(act.session, question_id=question_id, by=act.user_id, now=act.now)
    notify(_("Closed without an answer."))
    back = local_path(request.form.get("next"), otherwise=url_for("auth.home"))
    return go(back)


@bp.get("/asked")
@allowed(*ASKERS)
def asked() -> ResponseReturnValue:
    """Show what the area's people have asked: answers to be passed on first."""
    form = Form(request.args)
    with reading() as act:
        lines = asked_questions(
            act.session, scope=act.scope, now=act.now, only_open=not form.yes("all")
        )
    return page_or_fragment(
        "staff/questions/asked.html", "staff/questions/_asked.html", lines=lines, form=form
    )


@bp.post("/asked/<int:question_id>/passed-on")
@allowed(*ASKERS)
def pass_on(question_id: int) -> ResponseReturnValue:
    """Note that the worker told the answer."""
    with acting() as act:
        question_sheet(act.session, question_id=question_id, scope=act.scope, now=act.now)
        pass_on_answer(act.session, question_id=question_id, by=act.user_id, now=act.now)
    notify(_("Passed on."))
    return go(local_path(request.form.get("next"), otherwise=url_for(".asked")))


@bp.get("/residents/<int:resident_id>/ask")
@allowed(*ASKERS)
def new(resident_id: int) -> ResponseReturnValue:
    """Show the form for a question outside of a contact."""
    return _ask_page(resident_id, Form(), 200)


@bp.post("/residents/<int:resident_id>/ask")
@allowed(*ASKERS)
def ask(resident_id: int) -> ResponseReturnValue:
    """Put a question into the clinicians' queue."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            head = person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
            people = speakers(act.session, resident_id=head.resident_id)
            draft = _read_question(
                form, resident_id, {p.contact_person_id for p in people}, act.user_id
            )
            form.check()
            ask_question(act.session, draft=draft, now=act.now)
        notify(_("The doctors have the question; their answer comes onto your list."))
        return go(url_for("residents.show", resident_id=resident_id))
    return _ask_page(resident_id, form, 422)


def _read_question(form: Form, resident_id: int, people: set[int], by: int) -> QuestionDraft:
    asker = form.whole("contact_person_id")
    return QuestionDraft(
        resident_id=resident_id,
        text=form.text("text", required=True, longest=2000),
        topic=form.code("topic", HESITANCY),
        is_urgent=form.yes("is_urgent"),
        asked_by=by,
        asked_by_contact_id=int(asker) if asker in people else None,
        answer_by=form.one_of("answer_by", Channel) or Channel.CALL,
    )


def _ask_page(resident_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        head = person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        people = speakers(act.session, resident_id=resident_id)
        act.saw("resident", resident_id)
    page = render_template(
        "staff/questions/new.html",
        head=head,
        people=[
            (p.contact_person_id, f"{coded(RELATION_LABELS[p.relation])} {p.name}".strip())
            for p in people
        ],
        topics=[(code, coded(entry)) for code, entry in HESITANCY.items()],
        ways=[(str(way), coded(CHANNEL_LABELS[way])) for way in ANSWER_WAYS],
        form=form,
    )
    return page, status


@add_watcher
def unwell_too_long(act: Acting) -> list[Matter]:
    """Say that somebody feels bad after a dose and no clinician has answered within the hour."""
    found = people_unwell(act.session, scope=act.scope, now=act.now)
    if found is None or not found.is_overdue:
        return []
    title = _n(
        "%(num)d person feels unwell and no doctor has answered",
        "%(num)d people feel unwell and no doctor has answered",
        found.people,
    )
    detail = _("Due since %(moment)s. Ring a clinician now.", moment=moment(found.due_at))
    return [Matter(title, detail, "bad")]


@add_watcher
def cards_to_review(act: Acting) -> list[Matter]:
    """Say that answer cards have reached the day on which a clinician looks at them again."""
    count = len(cards_due_review(act.session, day=act.today))
    if not count:
        return []
    title = _n(
        "%(num)d answer card is due for review", "%(num)d answer cards are due for review", count
    )
    return [Matter(title, _("Clinicians see them on the page “Answer cards”."), "info")]
