"""What is held on one person: to be taken away by who asks for it, and to be erased for good (fault 68)."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.adapters.held_file import held_archive
from outreach.kernel.codes import coded_list
from outreach.ledger.evidence import papers_of
from outreach.ledger.heads import PersonHead, person_head
from outreach.ledger.visibility import mask_name
from outreach.pictures import forget_files
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.staff import ledger_words  # noqa: F401 - words what these pages refuse
from outreach.web.tags import coded
from outreach.web.visit import services, visit
from outreach.workflows.erase_resident import erase_resident, live_ride_of
from outreach.workflows.held_data import export_person, held_keys

bp = Blueprint("held", __name__)

READERS = (Role.GRID_WORKER, Role.ADMINISTRATOR)
TABLES = coded_list(
    [
        ("resident", "基本信息", "The person"),
        ("contact_person", "联系人", "Contacts"),
        ("phone", "电话", "Telephone numbers"),
        ("stay", "临时住址", "Temporary addresses"),
        ("consent", "同意记录", "Consents"),
        ("dose", "接种记录", "Doses"),
        ("infection", "感染记录", "Infections"),
        ("deferral", "暂缓与禁忌", "Deferrals"),
        ("evidence", "凭证照片", "Papers"),
        ("ledger_entry", "台账状态", "Lines in campaigns"),
        ("status_transition", "状态变化", "Changes of status"),
        ("strike_off", "销号", "Strike-offs"),
        ("contact_attempt", "联系记录", "Calls and visits"),
        ("attempt_reason", "未接种原因", "Reasons given"),
        ("question", "咨询", "Questions asked"),
        ("message", "短信", "Messages"),
        ("inbound_message", "回复", "Replies"),
        ("appointment", "预约", "Appointments"),
        ("planned_dose", "计划接种", "Planned doses"),
        ("ride_leg", "接送", "Rides"),
        ("day_event", "当天过程", "Events of the day"),
        ("observation", "留观", "Observation"),
        ("handover", "交接", "Handovers"),
        ("import_row", "导入的原始行", "Rows of files"),
        ("life_report", "变动线索", "Words about their life"),
        ("search_term", "检索词", "Search terms"),
        ("opt_out", "退订", "Opt-outs"),
    ]
)


@bp.get("/residents/<int:resident_id>/held")
@allowed(*READERS)
def show(resident_id: int) -> ResponseReturnValue:
    """Say what is held, in figures; take it out, or erase it."""
    return _page(resident_id, Form(), 200)


def _page(resident_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        head = _admit(act, resident_id)
        keys = held_keys(act.session, resident_id=resident_id)
        ride = live_ride_of(act.session, resident_id)
        name = head.name if act.scope.sees_names else mask_name(head.name)
        act.saw("resident", resident_id)
    page = render_template(
        "staff/residents/held.html",
        head=head,
        name=name,
        kinds=[(_title(kind), len(rows)) for kind, rows in sorted(keys.items(), key=_order)],
        ride=ride,
        may_erase=_may_erase(),
        form=form,
    )
    return page, status


def _admit(act: Acting, resident_id: int) -> PersonHead:
    return person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)


def _title(kind: str) -> str:
    return coded(TABLES[kind]) if kind in TABLES else kind.replace("_", " ")


def _order(item: tuple[str, object]) -> tuple[int, str]:
    known = list(TABLES)
    return (known.index(item[0]) if item[0] in known else len(known), item[0])


def _may_erase() -> bool:
    actor = visit().actor
    return actor is not None and Role.ADMINISTRATOR in actor.roles


@bp.post("/residents/<int:resident_id>/held.zip")
@allowed(*READERS)
def take_out(resident_id: int) -> ResponseReturnValue:
    """Hand out everything that is held; who took it along is in the trail."""
    with acting() as act:
        head = _admit(act, resident_id)
        tables = export_person(act.session, resident_id=resident_id, by=act.user_id, now=act.now)
        papers = papers_of(
            act.session, resident_id=head.resident_id, folder=services().settings.instance
        )
        name = act.actor.display_name if act.actor else ""
        note = _("Taken out by %(name)s. Not to be passed on.", name=name)
        day = act.today
    body = held_archive(
        dict(sorted(tables.items(), key=_order)),
        titles={kind: _title(kind) for kind in tables},
        papers=papers,
        note=str(note),
    )
    answer = Response(body, mimetype="application/zip")
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"held-{resident_id}-{day:%Y%m%d}.zip"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/residents/<int:resident_id>/erase")
@allowed(Role.ADMINISTRATOR)
def erase(resident_id: int) -> ResponseReturnValue:
    """Erase a person for good; refused with the reason while a ride is live."""
    form = Form(request.form)
    reason = form.text("reason", required=True, longest=200)
    typed = form.text("name", required=True, longest=100)
    with form.catching():
        form.check()
        with acting() as act:
            if typed != _admit(act, resident_id).name:
                form.wrong("name", "name_differs_from_theirs")
            form.check()
            done = erase_resident(
                act.session, resident_id=resident_id, by=act.user_id, reason=reason, now=act.now
            )
        forget_files(services().settings.instance, done.evidence_uuids)
        notify(
            _(
                "Erased. Nothing that tells of them is left; only that it was done stands in the trail."
            )
        )
        return go(url_for("attention.index"))
    return _page(
        resident_id, form, 409 if any(e.code == "ride_is_live" for e in form.errors) else 422
    )
