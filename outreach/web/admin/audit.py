"""The audit trail: who did what when, who has seen a person, and whether the chain holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.accounts.queries import names_of, user_ids_within
from outreach.audit.chain import verify
from outreach.audit.queries import PAGE_SIZE, Entry, Wanted, acts_known, latest, who_saw
from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.audit_words import act_label, actor_label, subject_label
from outreach.web.forms import Form
from outreach.web.htmx import page_or_fragment

bp = Blueprint("audit", __name__, url_prefix="/admin/audit")


@bp.get("")
@allowed(Role.ADMINISTRATOR, Role.AUDITOR)
def index() -> ResponseReturnValue:
    """Show the newest entries that fit the filters; whose scope is a part sees acts of its own users."""
    form = Form(request.args)
    with reading() as act:
        wanted = _wanted(form, act)
        entries = latest(act.session, wanted=wanted)
        names = names_of(act.session, _accounts(entries))
        acts = [(name, act_label(name)) for name in acts_known(act.session)]
    older: dict[str, Any] = {**request.args.to_dict(), "before": entries[-1].id} if entries else {}
    return page_or_fragment(
        "admin/audit/index.html",
        "admin/audit/_rows.html",
        entries=entries,
        names=names,
        acts=acts,
        form=form,
        older=url_for(".index", **older) if len(entries) == PAGE_SIZE else "",
        act_label=act_label,
        actor_label=actor_label,
        subject_label=subject_label,
    )


def _accounts(entries: list[Entry]) -> set[int]:
    acted = {entry.user_id for entry in entries}
    acted_upon = {entry.subject_id for entry in entries if entry.subject_kind == "user"}
    return {user_id for user_id in acted | acted_upon if user_id is not None}


def _wanted(form: Form, act: Acting) -> Wanted:
    zone = act.setting.zone
    since, until = form.day("since"), form.day("until")
    wanted = Wanted(
        user_id=form.whole("user_id"),
        act=form.text("act", longest=60),
        subject_kind=form.text("kind", longest=40),
        subject_id=form.whole("id"),
        since=datetime.combine(since, time(0), tzinfo=zone) if since else None,
        until=datetime.combine(until, time(0), tzinfo=zone) if until else None,
        before_id=form.whole("before"),
    )
    own = user_ids_within(act.session, scope=act.scope)
    return wanted if own is None else replace(wanted, users=own)


@bp.get("/person/<int:resident_id>")
@allowed(Role.ADMINISTRATOR, Role.AUDITOR)
def person(resident_id: int) -> ResponseReturnValue:
    """Show who has seen one person, within one's own areas."""
    with reading() as act:
        resident = act.session.get(Resident, resident_id)
        if resident is None:
            raise NotFound("not_found")
        act.check_area(resident.community_id)
        seen = who_saw(act.session, subject=("resident", resident_id))
        names = names_of(act.session, {line.user_id for line in seen if line.user_id is not None})
    return render_template(
        "admin/audit/person.html",
        resident_id=resident_id,
        seen=seen,
        names=names,
        actor_label=actor_label,
    )


@bp.post("/check")
@allowed(Role.ADMINISTRATOR, Role.AUDITOR)
def check() -> ResponseReturnValue:
    """Walk the whole chain now and say whether it holds."""
    with reading() as act:
        report = verify(act.session)
    with acting() as act:
        found = report.broken.sequence if report.broken else None
        act.record("audit_checked", ("audit", None), facts={"broken_at": found})
    return render_template("admin/audit/check.html", report=report)
