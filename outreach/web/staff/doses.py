"""Doses and holds on a person's page: entering an old dose, taking one back, deferring, lifting, seconding."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.operations import batch_of
from outreach.campaigns.queries import get_campaign, products_of
from outreach.ledger.codes import DEFERRALS, UNCLINICAL_DEFERRAL, EvidenceGrade
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.doses import BatchExpired, DoseDraft, NearbyDose
from outreach.ledger.evidence import Picture, keep_evidence
from outreach.ledger.heads import PersonHead, person_head
from outreach.pictures import LARGEST
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, language
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.staff.residents import choices
from outreach.web.tags import coded
from outreach.web.visit import services, visit
from outreach.workflows.correct_dose import correct_dose
from outreach.workflows.defer import defer, lift, second
from outreach.workflows.life_list import deferrals_to_review, whose_deferral, whose_dose
from outreach.workflows.record_dose import record_dose

bp = Blueprint("doses", __name__)
deferrals = Blueprint("deferrals", __name__, url_prefix="/deferrals")

RECORDERS = (Role.GRID_WORKER, Role.CLINICIAN, Role.DESK)
HAND_GRADES = (
    EvidenceGrade.SELF_REPORT,
    EvidenceGrade.FAMILY,
    EvidenceGrade.CERTIFICATE_SEEN,
)


@bp.get("/residents/<int:resident_id>/campaigns/<int:campaign_id>/dose")
@allowed(*RECORDERS)
def new(resident_id: int, campaign_id: int) -> ResponseReturnValue:
    """Show the form for a dose from a paper book or certificate."""
    return _dose_page(resident_id, campaign_id, Form(), 200)


@bp.post("/residents/<int:resident_id>/campaigns/<int:campaign_id>/dose")
@allowed(*RECORDERS)
def record(resident_id: int, campaign_id: int) -> ResponseReturnValue:
    """Keep the dose once; on evidence enough the line is struck off."""
    form = Form(request.form)
    doubt = ""
    with form.catching():
        with acting() as act:
            _admit(act, resident_id)
            draft = _read_dose(act, form, resident_id, campaign_id)
            form.check()
            try:
                done = record_dose(act.session, draft=draft, by=act.user_id, now=act.now)
                _keep_photo(act, resident_id)
            except (NearbyDose, BatchExpired) as error:
                doubt = error.code
                raise
        notify(
            _("Recorded, and the line is struck off.")
            if done.is_struck_off
            else _("Recorded. The line closes when better evidence has been seen.")
        )
        return go(url_for("residents.show", resident_id=resident_id))
    return _dose_page(resident_id, campaign_id, form, 422, doubt=doubt)


def _read_dose(act: Acting, form: Form, resident_id: int, campaign_id: int) -> DoseDraft:
    given_on = form.day("given_on", required=True)
    vaccine_id = get_campaign(act.session, campaign_id).vaccine_id
    known = {product.id for product in products_of(act.session, vaccine_id=vaccine_id)}
    product = form.whole("product_id")
    draft = DoseDraft(
        resident_id=resident_id,
        vaccine_id=vaccine_id,
        given_on=given_on or act.today,
        grade=form.one_of("grade", EvidenceGrade) or EvidenceGrade.SELF_REPORT,
        reference=f"page:{form.text('reference', longest=40) or uuid4().hex}",
        product_id=int(product) if product in known else None,
        batch_id=_batch(act, form, int(product) if product in known else None),
        site_text=form.text("site_text", longest=100),
    )
    confirmed = form["confirmed"]
    return replace(draft, confirmed=frozenset({confirmed})) if confirmed else draft


def _batch(act: Acting, form: Form, product_id: int | None) -> int | None:
    """Return the batch that was written down; it belongs to a product."""
    number = form.text("batch", longest=40)
    if not number:
        return None
    if product_id is None:
        form.wrong("product_id", "batch_without_product")
        return None
    return batch_of(act.session, product_id=product_id, number=number).id


def _keep_photo(act: Acting, resident_id: int) -> None:
    """Seal the photo of the certificate that came with the form."""
    upload = request.files.get("photo")
    if upload is None or not upload.filename:
        return
    picture = Picture(
        resident_id=resident_id, kind="certificate", content=upload.stream.read(LARGEST + 1)
    )
    row = keep_evidence(
        act.session,
        picture=picture,
        folder=services().settings.instance,
        by=act.user_id,
        now=act.now,
    )
    act.record("evidence_kept", ("resident", resident_id), facts={"evidence_id": row.id})


def _dose_page(
    resident_id: int, campaign_id: int, form: Form, status: int, *, doubt: str = ""
) -> ResponseReturnValue:
    with reading() as act:
        head = _admit(act, resident_id)
        campaign = get_campaign(act.session, campaign_id)
        products = [
            (p.id, p.name_zh if language() == "zh" else p.name_en)
            for p in products_of(act.session, vaccine_id=campaign.vaccine_id)
        ]
        name = campaign.name_zh if language() == "zh" else campaign.name_en
        act.saw("resident", resident_id)
    page = render_template(
        "staff/residents/dose.html",
        head=head,
        campaign=name,
        products=products,
        grades=[g for g in choices()["grades"] if g[0] in HAND_GRADES],
        form=form,
        doubt=doubt,
        reference=form["reference"] or uuid4().hex,
    )
    return page, status


def _admit(act: Acting, resident_id: int) -> PersonHead:
    return person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)


@bp.post("/doses/<int:dose_id>/take-back")
@allowed(*RECORDERS)
def take_back(dose_id: int) -> ResponseReturnValue:
    """Take a dose back with a reason: the strike-off is reversed by a new row, those told are told again."""
    form = Form(request.form)
    reason = form.text("reason", required=True, longest=300)
    with acting() as act:
        resident_id = whose_dose(act.session, dose_id)
        _admit(act, resident_id)
        done = correct_dose(
            act.session, dose_id=dose_id, by=act.user_id, reason=reason, now=act.now
        )
    notify(_("Taken back. The line is open again."))
    if done.calls_owed:
        notify(_("Whoever was told of the dose stands on the list to be called."), kind="info")
    return go(url_for("residents.show", resident_id=resident_id, _anchor="doses"))


@bp.post("/residents/<int:resident_id>/deferrals")
@allowed(Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN, Role.DESK)
def put_off(resident_id: int) -> ResponseReturnValue:
    """Defer as a clinician, or ask a clinician to look (D22)."""
    form = Form(request.form)
    is_clinician = _is_clinician()
    code = form.code("code", DEFERRALS) if is_clinician else UNCLINICAL_DEFERRAL
    draft = DeferralDraft(
        resident_id=resident_id,
        code=code,
        until_on=form.day("until_on"),
        review_on=form.day("review_on"),
        note=form.text("note", longest=500),
    )
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            defer(act.session, draft=draft, is_clinician=is_clinician, by=act.user_id, now=act.now)
        notify(_("Put off. Reminders stop at once."))
    _tell_faults(form)
    return go(url_for("residents.show", resident_id=resident_id, _anchor="deferrals"))


def _tell_faults(form: Form) -> None:
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")


def _is_clinician() -> bool:
    actor = visit().actor
    return actor is not None and Role.CLINICIAN in actor.roles


@deferrals.get("")
@allowed(Role.CLINICIAN)
def index() -> ResponseReturnValue:
    """Show the deferrals that wait for a clinician: to decide, to second, to look at again."""
    with reading() as act:
        lines = deferrals_to_review(act.session, scope=act.scope, now=act.now, user_id=act.user_id)
    reasons = [(code, coded(entry)) for code, entry in DEFERRALS.items()]
    return page_or_fragment(
        "staff/deferrals/index.html",
        "staff/deferrals/_rows.html",
        lines=lines,
        reasons=reasons,
        form=Form(),
    )


@deferrals.post("/<int:deferral_id>/decide")
@allowed(Role.CLINICIAN)
def decide(deferral_id: int) -> ResponseReturnValue:
    """Put a clinician's own word in the place of "a doctor should look"."""
    form = Form(request.form)
    code = form.code("code", DEFERRALS)
    until_on, note = form.day("until_on"), form.text("note", longest=500)
    with form.catching():
        form.check()
        with acting() as act:
            resident_id = whose_deferral(act.session, deferral_id)
            _admit(act, resident_id)
            draft = DeferralDraft(resident_id=resident_id, code=code, until_on=until_on, note=note)
            defer(act.session, draft=draft, is_clinician=True, by=act.user_id, now=act.now)
            _lift(act, deferral_id, "decided")
        notify(_("Decided."))
    _tell_faults(form)
    return go(url_for("deferrals.index"))


@deferrals.post("/<int:deferral_id>/lift")
@allowed(Role.CLINICIAN, Role.GRID_WORKER)
def lift_it(deferral_id: int) -> ResponseReturnValue:
    """End a deferral with a reason; what a clinician set only a clinician lifts."""
    form = Form(request.form)
    reason = form.text("reason", required=True, longest=300)
    with acting() as act:
        resident_id = whose_deferral(act.session, deferral_id)
        _admit(act, resident_id)
        _lift(act, deferral_id, reason)
    notify(_("Lifted. The line goes on from where it was."))
    if _is_clinician():
        return go(url_for("deferrals.index"))
    return go(url_for("residents.show", resident_id=resident_id))


def _lift(act: Acting, deferral_id: int, reason: str) -> None:
    lift(
        act.session,
        deferral_id=deferral_id,
        is_clinician=_is_clinician(),
        by=act.user_id,
        reason=reason,
        now=act.now,
    )


@deferrals.post("/<int:deferral_id>/second")
@allowed(Role.CLINICIAN)
def second_it(deferral_id: int) -> ResponseReturnValue:
    """Confirm a permanent contraindication with a second pair of eyes; the line closes as exempt."""
    with acting() as act:
        _admit(act, whose_deferral(act.session, deferral_id))
        second(act.session, deferral_id=deferral_id, by=act.user_id, now=act.now)
    notify(_("Confirmed by a second clinician. The line is struck off as exempt."))
    return go(url_for("deferrals.index"))
