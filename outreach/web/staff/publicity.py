"""宣传: a notice written once becomes poster, banner, WeChat text and broadcast; what was posted is kept."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from outreach.accounts.codes import Role
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.queries import default_campaign, list_campaigns
from outreach.contact.notice_picture import notice_picture
from outreach.contact.notices import (
    MEDIA,
    NoticeDraft,
    NoticeView,
    change_notice,
    drop_posting,
    get_notice,
    note_posting,
    notices_within,
    write_notice,
)
from outreach.ledger.codes import DUE, STATUS_LABELS, EntryStatus
from outreach.places.areas import area_choices
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, _n, language
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.web.visit import services
from outreach.workflows.broadcast import Broadcast, Segment, count_broadcast, send_broadcast

bp = Blueprint("publicity", __name__, url_prefix="/publicity")

SEGMENTS = (*sorted(DUE), EntryStatus.UNREACHABLE)
ANY_MOBILE = (
    "+8613800000000"  # of the country's own kind: routes answer by it, nobody is written to
)


@bp.get("")
@allowed(Role.GRID_WORKER)
def index() -> ResponseReturnValue:
    """List the notices of the area with where they were posted."""
    with reading() as act:
        notices = notices_within(act.session, scope=act.scope)
    return page_or_fragment(
        "staff/publicity/index.html", "staff/publicity/_rows.html", notices=notices, media=MEDIA
    )


@bp.get("/new")
@allowed(Role.GRID_WORKER)
def new() -> ResponseReturnValue:
    """Show the form of a new notice."""
    return _form_page(Form(), None, 200)


@bp.post("/new")
@allowed(Role.GRID_WORKER)
def create() -> ResponseReturnValue:
    """Keep a new notice."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            draft = _read(act, form)
            form.check()
            notice_id = write_notice(act.session, draft=draft, by=act.user_id, now=act.now)
            act.record("notice_written", ("notice", notice_id))
        notify(_("Kept. Print the poster, copy the text for WeChat, note where it hangs."))
        return go(url_for(".show", notice_id=notice_id))
    return _form_page(form, None, 422)


def _read(act: Acting, form: Form) -> NoticeDraft:
    area_id = form.whole("area_id", required=True)
    act.check_area(int(area_id) if area_id is not None else None)
    campaign_id = form.whole("campaign_id") or default_campaign(act.session).id
    return NoticeDraft(
        campaign_id=int(campaign_id),
        area_id=int(area_id or 0),
        title=form.text("title", required=True, longest=60),
        body=form.text("body", required=True, longest=2000),
        banner=form.text("banner", longest=60),
        phone=form.text("phone", longest=40),
    )


def _form_page(form: Form, notice: NoticeView | None, status: int) -> ResponseReturnValue:
    with reading() as act:
        areas = area_choices(act.session, roots=act.scope.paths)
        running = list_campaigns(act.session, states=[CampaignState.OPEN, CampaignState.PAUSED])
        campaigns = [(c.id, c.name_zh if language() == "zh" else c.name_en) for c in running]
        phone = act.setting.duty_phone
    page = render_template(
        "staff/publicity/form.html",
        form=form,
        notice=notice,
        areas=areas,
        campaigns=campaigns,
        phone=phone,
    )
    return page, status


@bp.get("/<int:notice_id>")
@allowed(Role.GRID_WORKER)
def show(notice_id: int) -> ResponseReturnValue:
    """Show a notice in all its forms, where it was posted, and the broadcast."""
    return _notice_page(notice_id, Form(), 200)


def _notice_page(
    notice_id: int, form: Form, status: int, counted: Broadcast | None = None
) -> ResponseReturnValue:
    with reading() as act:
        notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
        areas = area_choices(act.session, roots=act.scope.paths)
        day = act.today
    page = render_template(
        "staff/publicity/show.html",
        notice=notice,
        form=form,
        areas=areas,
        day=day,
        media=[(code, coded(entry)) for code, entry in MEDIA.items() if code != "broadcast"],
        media_labels=MEDIA,
        segments=[(str(s), coded(STATUS_LABELS[s])) for s in SEGMENTS],
        counted=counted,
    )
    return page, status


@bp.get("/<int:notice_id>/edit")
@allowed(Role.GRID_WORKER)
def edit(notice_id: int) -> ResponseReturnValue:
    """Show the form of a notice that stands."""
    with reading() as act:
        notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
    return _form_page(Form(), notice, 200)


@bp.post("/<int:notice_id>/edit")
@allowed(Role.GRID_WORKER)
def save(notice_id: int) -> ResponseReturnValue:
    """Change the words under the version that was seen."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
            draft = _read(act, form)
            version = form.whole("version", required=True) or 0
            form.check()
            change_notice(act.session, notice_id=notice_id, draft=draft, version=int(version))
            act.record("notice_changed", ("notice", notice.notice_id))
        notify(_("Saved."))
        return go(url_for(".show", notice_id=notice_id))
    with reading() as act:
        notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
    return _form_page(form, notice, 422)


@bp.get("/<int:notice_id>/poster")
@allowed(Role.GRID_WORKER)
def poster(notice_id: int) -> ResponseReturnValue:
    """Show the A4 poster with number and QR code."""
    with reading() as act:
        notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
    return render_template("staff/publicity/poster.html", notice=notice)


@bp.get("/<int:notice_id>/picture")
@allowed(Role.GRID_WORKER)
def picture(notice_id: int) -> Response:
    """Give the notice as a picture for a WeChat group."""
    with reading() as act:
        notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
    answer = make_response(
        notice_picture(notice, language=language(), ring_us=_("To ask or to book, please ring"))
    )
    answer.mimetype = "image/png"
    kept = "attachment" if "download" in request.args else "inline"
    answer.headers["Content-Disposition"] = f'{kept}; filename="notice-{notice_id}.png"'
    return answer


@bp.post("/<int:notice_id>/postings")
@allowed(Role.GRID_WORKER)
def post(notice_id: int) -> ResponseReturnValue:
    """Keep where a notice was posted."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            get_notice(act.session, notice_id=notice_id, scope=act.scope)
            medium = form.code("medium", MEDIA)
            where, on = form.text("where", longest=100), form.day("posted_on") or act.today
            form.check()
            posting_id = note_posting(
                act.session,
                notice_id=notice_id,
                medium=medium,
                where=where,
                on=on,
                by=act.user_id,
                today=act.today,
            )
        undo = url_for(".unpost", notice_id=notice_id, posting_id=posting_id)
        notify(_("Noted."), undo=undo)
        return go(url_for(".show", notice_id=notice_id))
    return _notice_page(notice_id, form, 422)


@bp.post("/<int:notice_id>/postings/<int:posting_id>/drop")
@allowed(Role.GRID_WORKER)
def unpost(notice_id: int, posting_id: int) -> ResponseReturnValue:
    """Take a posting noted by mistake off the list."""
    with acting() as act:
        get_notice(act.session, notice_id=notice_id, scope=act.scope)
        drop_posting(act.session, posting_id=posting_id, notice_id=notice_id)
    notify(_("Taken off the list."))
    return go(url_for(".show", notice_id=notice_id))


@bp.post("/<int:notice_id>/broadcast")
@allowed(Role.GRID_WORKER)
def broadcast(notice_id: int) -> ResponseReturnValue:
    """Count first whom the text concerns; send only when the same form comes back confirmed."""
    form = Form(request.form)
    counted: Broadcast | None = None
    with form.catching():
        with acting() as act:
            notice = get_notice(act.session, notice_id=notice_id, scope=act.scope)
            body = form.text("text", required=True, longest=300)
            segment = _segment(act, form, notice)
            form.check()
            counted = count_broadcast(
                act.session,
                segment=segment,
                body=body,
                signature=notice.area,
                scope=act.scope,
                now=act.now,
            )
            if not form.yes("confirmed"):
                return _notice_page(notice_id, form, 200, counted)
            done = _send(act, notice, segment, body)
        notify(_n("%(num)d text is queued.", "%(num)d texts are queued.", done.queued))
        return go(url_for(".show", notice_id=notice_id))
    for error in form.errors:
        if not error.field:
            notify(word(error.code, error.facts), kind="warning")
    return _notice_page(notice_id, form, 422, counted)


def _segment(act: Acting, form: Form, notice: NoticeView) -> Segment:
    area_id = form.whole("area_id") or notice.area_id
    act.check_area(int(area_id))
    statuses = frozenset(EntryStatus(s) for s in form.many("statuses") if s in map(str, SEGMENTS))
    if not statuses:
        form.wrong("statuses", "field_required")
    return Segment(notice.campaign_id, int(area_id), statuses)


def _send(act: Acting, notice: NoticeView, segment: Segment, body: str) -> Broadcast:
    return send_broadcast(
        act.session,
        notice=notice,
        segment=segment,
        body=body,
        routes=[services().routes.capabilities(ANY_MOBILE)],
        scope=act.scope,
        by=act.user_id,
        now=act.now,
    )
