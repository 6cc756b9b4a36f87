"""What is kept of a person: papers and a photo, infections, a note among clinicians, a look for twins."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.queries import get_campaign
from outreach.kernel.codes import coded_list
from outreach.kernel.errors import InvalidInput
from outreach.ledger.codes import ConsentForm
from outreach.ledger.consents import ConsentDraft
from outreach.ledger.evidence import Picture, keep_evidence, remove_evidence, whose_evidence
from outreach.ledger.heads import PersonHead, person_head, person_heads, speakers
from outreach.ledger.twins import remember_pair, twins_of_resident
from outreach.pictures import LARGEST
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, language
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.staff import ledger_words  # noqa: F401 - words what these pages refuse
from outreach.web.visit import services
from outreach.workflows import edit_person
from outreach.workflows.defer import note_infection
from outreach.workflows.edit_person import keep_clinical_note

bp = Blueprint("keeping", __name__)

KEEPERS = (Role.GRID_WORKER,)
WORKERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN, Role.DESK)
PAPERS = coded_list(
    [
        ("certificate", "接种凭证", "vaccination certificate"),
        ("paper_book", "接种本", "paper book"),
        ("consent", "知情同意书", "signed consent"),
        ("portrait", "本人照片（已同意）", "photo of the person, with their consent"),
    ]
)


@bp.record_once
def install(state: BlueprintSetupState) -> None:
    """Give templates the words for kinds of papers."""
    state.app.jinja_env.globals["PAPERS"] = PAPERS


def _admit(act: Acting, resident_id: int) -> PersonHead:
    return person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)


def _back(resident_id: int, part: str) -> ResponseReturnValue:
    return go(url_for("residents.show", resident_id=resident_id, _anchor=part))


def _tell_faults(form: Form) -> None:
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")


def _picture(act: Acting, resident_id: int, kind: str) -> int:
    """Seal the photo that came with the form; return its id."""
    upload = request.files.get("photo")
    if upload is None or not upload.filename:
        raise InvalidInput("not_a_picture", field="photo")
    row = keep_evidence(
        act.session,
        picture=Picture(
            resident_id=resident_id, kind=kind, content=upload.stream.read(LARGEST + 1)
        ),
        folder=services().settings.instance,
        by=act.user_id,
        now=act.now,
    )
    act.record("evidence_kept", ("resident", resident_id), facts={"evidence_id": row.id})
    return row.id


@bp.post("/residents/<int:resident_id>/papers")
@allowed(*WORKERS)
def add_paper(resident_id: int) -> ResponseReturnValue:
    """Keep a photo of a paper, or of the person who agreed to it."""
    form = Form(request.form)
    kind = form.code("kind", PAPERS)
    if kind == "portrait" and not form.yes("agreed"):
        form.wrong("agreed", "photo_needs_consent")
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            _picture(act, resident_id, kind)
        notify(_("Kept, sealed."))
    _tell_faults(form)
    return _back(resident_id, "papers")


@bp.post("/papers/<int:evidence_id>/remove")
@allowed(*KEEPERS, Role.CLINICIAN)
def remove_paper(evidence_id: int) -> ResponseReturnValue:
    """Remove a photo: the file goes, that there was one stays in the trail."""
    with acting() as act:
        resident_id = whose_evidence(act.session, evidence_id)
        _admit(act, resident_id)
        remove_evidence(
            act.session,
            evidence_id=evidence_id,
            folder=services().settings.instance,
            now=act.now,
        )
        act.record("evidence_removed", ("resident", resident_id))
    notify(_("Removed."))
    return _back(resident_id, "papers")


@bp.post("/residents/<int:resident_id>/signed")
@allowed(*WORKERS)
def signed(resident_id: int) -> ResponseReturnValue:
    """Note a consent on paper with the photo of the paper (moment 2d)."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            _admit(act, resident_id)
            known = {p.contact_person_id for p in speakers(act.session, resident_id=resident_id)}
            by = form.whole("by_contact_id")
            campaign_id = form.whole("campaign_id", required=True)
            form.check()
            draft = ConsentDraft(
                resident_id=resident_id,
                campaign_id=campaign_id or 0,
                is_yes=form["answer"] != "no",
                by_contact_id=int(by) if by in known else None,
                guardian_basis=form.text("guardian_basis", longest=120),
                form=ConsentForm.PAPER,
                evidence_id=_picture(act, resident_id, "consent"),
            )
            edit_person.keep_consent(act.session, draft=draft, by=act.user_id, now=act.now)
        notify(_("Noted, with the paper."))
    _tell_faults(form)
    return _back(resident_id, "papers")


@bp.get("/residents/<int:resident_id>/campaigns/<int:campaign_id>/consent")
@allowed(*WORKERS)
def consent_form(resident_id: int, campaign_id: int) -> ResponseReturnValue:
    """Show the consent form ready to print and sign."""
    with reading() as act:
        head = _admit(act, resident_id)
        campaign = get_campaign(act.session, campaign_id)
        name = campaign.name_zh if language() == "zh" else campaign.name_en
        place, today = act.setting, act.today
        act.saw("resident", resident_id)
    return render_template(
        "staff/residents/consent_form.html", head=head, campaign=name, place=place, today=today
    )


@bp.post("/residents/<int:resident_id>/infections")
@allowed(*WORKERS)
def infection(resident_id: int) -> ResponseReturnValue:
    """Note an infection: the rules move the due date by themselves."""
    form = Form(request.form)
    infected_on = form.day("infected_on", required=True)
    campaign_id = form.whole("campaign_id", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            note_infection(
                act.session,
                resident_id=resident_id,
                campaign_id=campaign_id or 0,
                infected_on=infected_on or act.today,
                by=act.user_id,
                now=act.now,
            )
            act.record("infection_noted", ("resident", resident_id))
        notify(_("Noted. The due date follows from the rules."))
    _tell_faults(form)
    return _back(resident_id, "doses")


@bp.post("/residents/<int:resident_id>/clinical-note")
@allowed(Role.CLINICIAN)
def clinical_note(resident_id: int) -> ResponseReturnValue:
    """Change the note that only clinicians read (moment 2g)."""
    form = Form(request.form)
    note = form.text("clinical_note", longest=1000)
    version = form.whole("version", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            keep_clinical_note(
                act.session,
                resident_id=resident_id,
                note=note,
                version=version or 0,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Saved. Only clinicians read it."))
    _tell_faults(form)
    return _back(resident_id, "papers")


@bp.get("/residents/<int:resident_id>/twins")
@allowed(*KEEPERS)
def twins(resident_id: int) -> ResponseReturnValue:
    """Look for others in the ledger who may be this person."""
    with reading() as act:
        head = _admit(act, resident_id)
        found = twins_of_resident(act.session, resident_id=resident_id)
        heads = person_heads(
            act.session,
            resident_ids=[twin.resident_id for twin in found],
            scope=act.scope,
            now=act.now,
        )
        act.saw("resident", resident_id)
    return render_template(
        "staff/residents/twins.html",
        head=head,
        twins=[(heads[t.resident_id], t) for t in found if t.resident_id in heads],
        elsewhere=len(found) - len(heads),
    )


@bp.post("/residents/<int:resident_id>/twins/<int:other_id>")
@allowed(*KEEPERS)
def compare(resident_id: int, other_id: int) -> ResponseReturnValue:
    """Put two side by side, to merge them or keep both."""
    with acting() as act:
        _admit(act, resident_id)
        _admit(act, other_id)
        pair = remember_pair(
            act.session,
            first_id=resident_id,
            second_id=other_id,
            score=1.0,
            reasons=["by_hand"],
            now=act.now,
        )
        pair_id = pair.id
    return go(url_for("imports.pair", pair_id=pair_id))
