"""What may be said to whom and how: each contact's part, language, hours and channel (moment 2g)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.codes import Coded, coded_list
from outreach.ledger.codes import RELATION_LABELS, ContactRole, Relation
from outreach.ledger.contact_edit import CHANNELS, PURPOSES, ContactEdit, contact_form
from outreach.ledger.heads import PersonHead, person_head
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.staff.looks import ROLES_OF_CONTACTS
from outreach.web.tags import coded
from outreach.workflows.edit_person import change_speaker, whose_contact

bp = Blueprint("speakers", __name__)

WORKERS = (Role.GRID_WORKER, Role.CALLER)
CHANNEL_WORDS = coded_list(
    [
        ("", "不限", "any"),
        ("call", "打电话", "a phone call"),
        ("sms", "短信", "a text"),
        ("wechat", "微信", "WeChat"),
        ("visit", "上门", "a visit"),
    ]
)
PURPOSE_WORDS = coded_list(
    [
        ("appointment", "预约与提醒", "bookings and reminders"),
        ("ride", "接送", "rides"),
        ("aftercare", "接种后问候", "how they are afterwards"),
        ("nudge", "动员与到期提醒", "invitations and doses due"),
    ]
)
LANGUAGES = coded_list([("zh", "中文", "Chinese"), ("en", "英文", "English")])


@bp.get("/people/<int:contact_person_id>/edit")
@allowed(*WORKERS)
def edit(contact_person_id: int) -> ResponseReturnValue:
    """Show what is known of a contact."""
    return _page(contact_person_id, Form(), 200)


@bp.post("/people/<int:contact_person_id>/edit")
@allowed(*WORKERS)
def save(contact_person_id: int) -> ResponseReturnValue:
    """Change a contact under the version that was seen."""
    form = Form(request.form)
    wanted = _read(form)
    with form.catching():
        form.check()
        with acting() as act:
            head = _admit(act, contact_person_id)
            change_speaker(
                act.session,
                contact_person_id=contact_person_id,
                edit=wanted,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Saved."))
        return go(url_for("residents.show", resident_id=head.resident_id, _anchor="people"))
    return _page(contact_person_id, form, 422)


def _read(form: Form) -> ContactEdit:
    return ContactEdit(
        version=form.whole("version", required=True) or 0,
        name=form.text("name", longest=60),
        relation=form.one_of("relation", Relation) or Relation.OTHER,
        role=form.one_of("role", ContactRole) or ContactRole.TOLD,
        language=form.code("language", LANGUAGES),
        preferred_channel=form.code("preferred_channel", CHANNELS, required=False),
        preferred_from=form.clock("preferred_from"),
        preferred_until=form.clock("preferred_until"),
        told_purposes=tuple(p for p in PURPOSES if p in form.many("told")),
        knows_health=form.yes("knows_health"),
        only_if_changed=form.yes("only_if_changed"),
        cannot_read=form.yes("cannot_read"),
        is_first=form.yes("is_first"),
    )


def _admit(act: Acting, contact_person_id: int) -> PersonHead:
    resident_id = whose_contact(act.session, contact_person_id)
    return person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)


def _page(contact_person_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        head = _admit(act, contact_person_id)
        known = contact_form(act.session, contact_person_id)
        act.saw("resident", head.resident_id)
    page = render_template(
        "staff/residents/contact.html",
        head=head,
        known=known,
        form=form,
        relations=_offered(RELATION_LABELS),
        roles=_offered(ROLES_OF_CONTACTS),
        channels=_offered(CHANNEL_WORDS),
        purposes=_offered(PURPOSE_WORDS),
        languages=_offered(LANGUAGES),
    )
    return page, status


def _offered(words: Mapping[str, Coded]) -> list[tuple[str, str]]:
    return [(key, coded(label)) for key, label in words.items()]
