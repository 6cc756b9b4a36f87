"""The stairwell: today's list and the visit form on a phone without network; what was noted follows later (3c).

The page itself holds nothing of anybody, so that a service worker may keep it. The list comes apart from
it, without numbers, lives-alone or identity, and the phone seals it until the screen locks.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from outreach.accounts.codes import Role
from outreach.contact.worklist import Door, Stairwell, WorkItem, worklist
from outreach.ledger.codes import NEXT_ACTION_LABELS, RELATION_LABELS
from outreach.ledger.evidence import Picture, keep_evidence, open_evidence
from outreach.ledger.heads import person_head, speakers
from outreach.web.access import allowed, open_to_all
from outreach.web.acting import Acting, acting, reading
from outreach.web.assets import static_url
from outreach.web.forms import Form
from outreach.web.i18n import _, language
from outreach.web.messages import word
from outreach.web.staff.contacts import GROUPS, LIFE_KINDS, naming_parts, read_housemates, read_note
from outreach.web.staff.looks import STEP_LABELS
from outreach.web.tags import coded
from outreach.web.visit import services, visit
from outreach.workflows.contact_sheet import contact_sheet
from outreach.workflows.log_contact import ContactLogged, for_household, log_contact

bp = Blueprint("stairs", __name__)

WORKERS = (Role.GRID_WORKER, Role.CALLER)
MOST_TAKEN = 200
MOST_DIGITS = 8
STAIR_GROUPS = tuple(
    (label, tuple(code for code in codes if code not in {"C09", "C10", "C11", "C19"}))
    for label, codes in GROUPS
)
# What a phone asks for before it keeps a note; the server checks all of it again.
NEEDS = {
    "C03": ["next_contact_on"],
    "C04": ["reasons"],
    "C05": ["question"],
    "C13": ["life_kind"],
    "C20": ["note"],
}


@bp.get("/today/stairs")
@allowed(*WORKERS)
def show() -> ResponseReturnValue:
    """Show the page that also opens without network; it names nobody."""
    return render_template(
        "staff/stairs/show.html",
        form=Form(),
        groups=STAIR_GROUPS,
        life_kinds=LIFE_KINDS,
        choices={"deferrals": []},
        needs=NEEDS,
        words=_words(),
    )


def _words() -> dict[str, str]:
    return {
        "offline": _("No network: you can go on, everything is kept on this phone."),
        "online": _("Connected."),
        "none": _("Nothing waits to be sent."),
        "waiting": _("Not sent yet: %(count)s", count="{n}"),
        "sent": _("Sent: %(count)s", count="{n}"),
        "refused": _("The office could not take this one; open it and mend it."),
        "others": _(
            "Kept for whoever noted it, and sent when they sign in: %(count)s", count="{n}"
        ),
        "closed": _("Please unlock or sign in again; your notes are kept and go out then."),
        "empty": _("No list is on this phone. Open this page once with network, signed in."),
        "taken": _("List of %(moment)s", moment="{t}"),
        "insecure": _("Without HTTPS a browser keeps nothing: this page works only with network."),
        "kept": _("Kept"),
        "done": _("noted"),
        "age": _("%(age)s years", age="{n}"),
        "missing": _("Still missing: please fill in what is marked."),
        "discard": _("Give this note up"),
        "discard_sure": _("Really? Nothing of this visit to %(name)s is kept.", name="{n}"),
        "locked": _("The list was wiped because nobody touched the screen."),
    }


@bp.get("/today/stairs/worker.js")
@open_to_all("a script that holds nothing of anybody")
def worker() -> ResponseReturnValue:
    """Give the script that keeps the page for times without network."""
    answer = make_response(
        render_template(
            "staff/stairs/worker.js",
            page=url_for(".show"),
            files=[
                *(static_url(name) for name in FILES),
                *(url_for("static", filename=name) for name in MODULES),
            ],
        )
    )
    answer.mimetype = "text/javascript"
    answer.headers["Service-Worker-Allowed"] = "/today"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


FILES = (
    "icon.svg",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/components/contact.css",
    "css/components/visit.css",
    "css/components/worklist.css",
    "css/components/stairs.css",
    "js/stairs/page.js",
)
MODULES = ("js/shrink.js", "js/stairs/form.js", "js/stairs/store.js", "js/stairs/sync.js")


@bp.get("/today/stairs/list")
@allowed(*WORKERS)
def take() -> ResponseReturnValue:
    """Give today's list for the stairs: no numbers, nothing of who lives alone, no identity (3k)."""
    with reading() as act:
        found = worklist(
            act.session,
            user_id=act.user_id,
            scope=act.scope,
            day=act.today,
            now=act.now,
            limit=MOST_TAKEN,
        )
        for item in found.items:
            act.saw("resident", item.resident_id)
        taken = {
            "owner": act.user_id,
            "day": act.today.isoformat(),
            "at": act.now.astimezone(act.setting.zone).strftime("%Y-%m-%d %H:%M"),
            "stairs": [_stairs(act, stairs) for stairs in found.stairwells],
        }
    return jsonify(csrf=generate_csrf(), list=taken)


def _stairs(act: Acting, stairs: Stairwell) -> dict[str, object]:
    return {
        "name": stairs.name or _("Address unknown"),
        "community": stairs.community,
        "doors": [_door(act, door) for door in stairs.doors],
    }


def _door(act: Acting, door: Door) -> dict[str, object]:
    return {"address": door.address, "people": [_person(act, item) for item in door.items]}


def _person(act: Acting, item: WorkItem) -> dict[str, object]:
    action = NEXT_ACTION_LABELS.get(item.next_action) if item.next_action else None
    dose = item.dose_number_due
    return {
        "entry": item.entry_id,
        "name": item.name,
        "age": item.age,
        "campaign": item.campaign_zh if language() == "zh" else item.campaign_en,
        "todo": " · ".join(
            part
            for part in (
                coded(action) if action else "",
                _("dose %(number)s", number=dose) if dose else "",
                *(coded(STEP_LABELS[call.step]) for call in item.owed_calls[:1]),
            )
            if part
        ),
        "owed": item.owed_calls[0].message_id if item.owed_calls else None,
        "speakers": [
            [p.contact_person_id, coded(RELATION_LABELS[p.relation])]
            for p in speakers(act.session, resident_id=item.resident_id)
        ],
    }


@bp.post("/today/stairs/log")
@allowed(*WORKERS)
def log() -> ResponseReturnValue:
    """Keep one note of the stairs, with its photo; sent again, it counts once."""
    form = Form(_with_its_time(request.form))
    done: ContactLogged | None = None
    with form.catching():
        with acting() as act:
            logged = _note(act, form)
        done = logged  # committed
    if done is None:
        faults = {e.field or "note": word(e.code, e.facts) for e in form.errors}
        return jsonify(faults=faults), 422
    return jsonify(kept=True, is_new=done.is_new)


def _note(act: Acting, form: Form) -> ContactLogged:
    entry_id = int(form.whole("entry_id", required=True) or 0)
    form.check()
    sheet = contact_sheet(act.session, entry_id=entry_id, scope=act.scope, now=act.now)
    note = read_note(form, sheet, act)
    form.check()
    with naming_parts(form):
        logged = log_contact(
            act.session,
            notes=[note, *for_household(note, read_housemates(form, sheet))],
            by=act.user_id,
            is_clinician=False,
            now=act.now,
        )
    if logged.is_new:
        _keep_photo(act, sheet.head.resident_id)
    return logged


def _with_its_time(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return the form with its moment: so many seconds ago, because a phone's own clock may be wrong."""
    ago = sent.get("ago_s", "")
    if sent.get("at") or not ago.isdecimal() or len(ago) > MOST_DIGITS:
        return sent
    values = sent.copy()
    values["at"] = (visit().now - timedelta(seconds=int(ago))).isoformat()
    return values


def _keep_photo(act: Acting, resident_id: int) -> None:
    photo = request.files.get("photo")
    if photo is None:
        return
    picture = Picture(resident_id=resident_id, kind="certificate", content=photo.read())
    row = keep_evidence(
        act.session,
        picture=picture,
        folder=services().settings.instance,
        by=act.user_id,
        now=act.now,
    )
    act.record("evidence_kept", ("resident", resident_id), facts={"evidence_id": row.id})


@bp.get("/evidence/<int:evidence_id>")
@allowed(Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN)
def evidence(evidence_id: int) -> Response:
    """Show the photo of a document to those who may see its person; the view is logged."""
    with reading() as act:
        row, content = open_evidence(
            act.session, evidence_id=evidence_id, folder=services().settings.instance
        )
        person_head(act.session, resident_id=row.resident_id, scope=act.scope, now=act.now)
        act.saw("resident", row.resident_id)
        content_type = row.content_type
    answer = make_response(content)
    answer.mimetype = content_type
    answer.headers["Content-Disposition"] = "inline"
    return answer
