"""“Copy for WeChat” on every message and answer: the words to take along, and the note of it (3b)."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.codes import CONTACT_OUTCOMES
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.workflows.wechat_copy import (
    SENT,
    Taken,
    WeChatText,
    answer_for_wechat,
    message_for_wechat,
    note_wechat,
)

bp = Blueprint("wechat", __name__)

SPEAKERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN)
# What a short reply can amount to here; whatever asks for more is logged on the form of a contact.
REPLIES = ("C01", "C02", "C06", "C20")


@bp.get("/messages/<int:message_id>/wechat")
@allowed(*SPEAKERS)
def message(message_id: int) -> ResponseReturnValue:
    """Show a message's words to be copied."""
    return _page("message", message_id, Form(), 200)


@bp.post("/messages/<int:message_id>/wechat")
@allowed(*SPEAKERS)
def message_sent(message_id: int) -> ResponseReturnValue:
    """Note that the message was sent by hand, and what was replied."""
    return _note("message", message_id)


@bp.get("/answers/<int:question_id>/wechat")
@allowed(*SPEAKERS)
def answer(question_id: int) -> ResponseReturnValue:
    """Show a doctor's answer to be copied, for a reader who may know of health (?to=ID)."""
    return _page("answer", question_id, Form(), 200)


@bp.post("/answers/<int:question_id>/wechat")
@allowed(*SPEAKERS)
def answer_sent(question_id: int) -> ResponseReturnValue:
    """Note that the answer was sent by hand; whoever may know has been told by it."""
    return _note("answer", question_id)


def _words(act: Acting, kind: str, subject_id: int) -> WeChatText:
    if kind == "message":
        return message_for_wechat(act.session, message_id=subject_id, scope=act.scope, now=act.now)
    to = request.values.get("to", "")
    return answer_for_wechat(
        act.session,
        question_id=subject_id,
        reader_id=int(to) if to.isdecimal() and len(to) <= 12 else None,
        scope=act.scope,
        now=act.now,
    )


def _page(kind: str, subject_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        words = _words(act, kind, subject_id)
        act.saw("resident", words.head.resident_id)
    page = render_template(
        "staff/wechat/show.html",
        words=words,
        form=form,
        uuid=_uuid(form),
        outcomes=[
            (SENT, _("sent, no reply yet")),
            *((code, coded(CONTACT_OUTCOMES[code])) for code in REPLIES),
        ],
    )
    return page, status


def _note(kind: str, subject_id: int) -> ResponseReturnValue:
    form = Form(request.form)
    with form.catching():
        outcome = form.code("outcome", (SENT, *REPLIES))
        taken = Taken(_uuid(form), outcome, form.text("reply", longest=1000))
        form.check()
        with acting() as act:
            words = _words(act, kind, subject_id)
            note_wechat(act.session, words=words, taken=taken, by=act.user_id, now=act.now)
        notify(_("Noted as a contact by WeChat."))
        return go(url_for("residents.show", resident_id=words.head.resident_id))
    return _page(kind, subject_id, form, 422)


def _uuid(form: Form) -> str:
    """Return the form's own id, so that a second tap notes nothing twice."""
    try:
        return UUID(form["uuid"]).hex
    except ValueError:
        return uuid4().hex
