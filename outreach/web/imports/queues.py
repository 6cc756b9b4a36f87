"""What waits for a person: conflicts with official lists, two who may be one, words about lives."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from outreach.accounts.queries import check_within
from outreach.ledger.heads import person_head
from outreach.ledger.import_queues import (
    PAGE,
    PairLine,
    check_conflict,
    conflict_lines,
    life_lines,
    pair_line,
    pair_lines,
)
from outreach.ledger.twins import keep_both
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, _l
from outreach.web.imports.door import KEEPERS, bp
from outreach.web.imports.words import REASON_LABELS, code_word
from outreach.web.lists import page_number, pages
from outreach.web.notices import notify
from outreach.workflows import report_life as life
from outreach.workflows.life_list import whose_report
from outreach.workflows.merge_residents import merge_residents, split_residents
from outreach.workflows.resolve_conflict import OFFERED, Resolution, resolve_conflict

RESOLUTION_LABELS: dict[str, LazyString] = {
    "record": _l("Same person: record the dose"),
    "take_official": _l("The official date is right"),
    "add_person": _l("Add this person"),
    "keep_ours": _l("Leave the ledger as it is"),
}
DATE_RECORD = _l("Two doses: record this one too")
PRIMARY = (Resolution.RECORD, Resolution.TAKE_OFFICIAL, Resolution.ADD_PERSON)
LIFE_LABELS: dict[str, LazyString] = {
    "deceased": _l("has died"),
    "moved": _l("has moved away"),
    "hospital": _l("is in hospital"),
    "away": _l("is away"),
    "nursing_home": _l("is in a nursing home"),
}
SOURCE_LABELS: dict[str, LazyString] = {
    "import": _l("a remark in a file"),
    "not_in_file": _l("not in a file any more"),
    "page": _l("noted by hand"),
    "reply": _l("a reply"),
}
# What of two rows is chosen on the page: the value's name, and the columns that follow it.
CHOSEN: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "sex": ("sex",),
    "born_on": ("born_on",),
    "id_number": ("id_number",),
    "address": ("address_id", "household_id"),
    "grid": ("community_id", "grid_id"),
    "note": ("note",),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One value of two people side by side."""

    field: str
    label: LazyString
    first: object
    second: object

    @property
    def is_same(self) -> bool:
        """Say whether there is nothing to choose."""
        return self.first == self.second or not self.second


@bp.get("/conflicts")
@allowed(*KEEPERS)
def conflicts() -> ResponseReturnValue:
    """List the official lines that the ledger contradicts, each with its possible ends."""
    with reading() as act:
        lines, total = conflict_lines(act.session, scope=act.scope, page=page_number())
    return page_or_fragment(
        "staff/imports/conflicts.html",
        "staff/imports/_conflicts.html",
        lines=lines,
        pages=pages(total, size=PAGE),
        offered=_offered,
        code_word=code_word,
    )


def _offered(verdict: str) -> list[tuple[str, object, bool]]:
    """Return the ends of a conflict: what is sent, what it says, whether it stands first."""
    found: list[tuple[str, object, bool]] = []
    for resolution in OFFERED[verdict]:  # type: ignore[index]
        is_second_dose = verdict == "date_differs" and resolution is Resolution.RECORD
        label = DATE_RECORD if is_second_dose else RESOLUTION_LABELS[resolution]
        found.append((str(resolution), label, resolution in PRIMARY and not found))
    return found


@bp.post("/conflicts/<int:row_id>")
@allowed(*KEEPERS)
def resolve(row_id: int) -> ResponseReturnValue:
    """End a conflict with one click."""
    form = Form(request.form)
    resolution = form.one_of("resolution", Resolution)
    with acting() as act:
        form.check()
        check_conflict(act.session, row_id=row_id, scope=act.scope)
        assert resolution is not None  # noqa: S101 - just checked
        resolve_conflict(
            act.session, row_id=row_id, resolution=resolution, by=act.user_id, now=act.now
        )
    notify(_("Resolved: %(what)s", what=RESOLUTION_LABELS[resolution]))
    return go(url_for(".conflicts"))


@bp.get("/pairs")
@allowed(*KEEPERS)
def pairs() -> ResponseReturnValue:
    """List pairs that may be one person, the likeliest first."""
    with reading() as act:
        lines, total = pair_lines(act.session, scope=act.scope, page=page_number())
    return page_or_fragment(
        "staff/imports/pairs.html",
        "staff/imports/_pairs.html",
        lines=lines,
        pages=pages(total, size=PAGE),
        reasons=REASON_LABELS,
    )


@bp.get("/pairs/<int:pair_id>")
@allowed(*KEEPERS)
def pair(pair_id: int) -> ResponseReturnValue:
    """Show two side by side, to merge them field by field or keep both."""
    with reading() as act:
        line = pair_line(act.session, pair_id=pair_id, scope=act.scope)
        for side in (line.first, line.second):
            act.saw("resident", side.resident_id)
    return render_template(
        "staff/imports/pair.html", pair=line, values=_compared(line), reasons=REASON_LABELS
    )


def _compared(line: PairLine) -> list[Compared]:
    a, b = line.first, line.second
    return [
        Compared("name", _l("Full name"), a.name, b.name),
        Compared("sex", _l("Sex"), _sex(a.sex), _sex(b.sex)),
        Compared("born_on", _l("Birth date"), a.born_on, b.born_on),
        Compared("id_number", _l("Identity number"), a.id_masked, b.id_masked),
        Compared("address", _l("Address"), a.address, b.address),
        Compared("grid", _l("Grid"), a.grid, b.grid),
        Compared("note", _l("Note"), a.note, b.note),
    ]


def _sex(sex: str) -> str:
    return str({"female": _("female"), "male": _("male")}.get(sex, ""))


@bp.post("/pairs/<int:pair_id>/merge")
@allowed(*KEEPERS)
def merge(pair_id: int) -> ResponseReturnValue:
    """Make two one: contacts, doses and rides of both stay; it can be undone."""
    form = Form(request.form)
    with acting() as act:
        line = pair_line(act.session, pair_id=pair_id, scope=act.scope)
        taken = [
            column
            for name, columns in CHOSEN.items()
            if form[f"take-{name}"] == "second"
            for column in columns
        ]
        merge_residents(
            act.session,
            keep_id=line.first.resident_id,
            drop_id=line.second.resident_id,
            from_dropped=taken,
            by=act.user_id,
            now=act.now,
        )
    notify(_("They are one person now."), undo=url_for(".split", pair_id=pair_id))
    return go(url_for(".pairs"))


@bp.post("/pairs/<int:pair_id>/split")
@allowed(*KEEPERS)
def split(pair_id: int) -> ResponseReturnValue:
    """Undo a merge."""
    with acting() as act:
        pair_line(act.session, pair_id=pair_id, scope=act.scope)
        split_residents(act.session, pair_id=pair_id, by=act.user_id, now=act.now)
    notify(_("They are two people again."))
    return go(url_for(".pair", pair_id=pair_id))


@bp.post("/pairs/<int:pair_id>/keep")
@allowed(*KEEPERS)
def keep(pair_id: int) -> ResponseReturnValue:
    """Decide that two are two; they are not asked about again."""
    with acting() as act:
        pair_line(act.session, pair_id=pair_id, scope=act.scope)
        keep_both(act.session, pair_id=pair_id, by=act.user_id, now=act.now)
        act.record("pair_kept_apart", ("duplicate_pair", pair_id))
    notify(_("They stay two people and are not asked about again."))
    return go(url_for(".pairs"))


@bp.get("/lives")
@allowed(*KEEPERS)
def lives() -> ResponseReturnValue:
    """List words about lives that wait; a death wants two people who looked."""
    with reading() as act:
        lines, total = life_lines(
            act.session, scope=act.scope, user_id=act.user_id, page=page_number()
        )
    return page_or_fragment(
        "staff/imports/lives.html",
        "staff/imports/_lives.html",
        lines=lines,
        pages=pages(total, size=PAGE),
        kinds=LIFE_LABELS,
        sources=SOURCE_LABELS,
    )


def _admit(act: Acting, report_id: int) -> None:
    resident_id = whose_report(act.session, report_id)
    head = person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
    check_within(act.session, scope=act.scope, area_id=head.community_id)


@bp.post("/lives/<int:report_id>/<any(second, confirm, dismiss):act_name>")
@allowed(*KEEPERS)
def decide_life(report_id: int, act_name: str) -> ResponseReturnValue:
    """Look a first time, decide that it is true, or that it is not."""
    with acting() as act:
        _admit(act, report_id)
        acts = {"second": life.second, "confirm": life.confirm, "dismiss": life.dismiss}
        done = acts[act_name](act.session, report_id=report_id, by=act.user_id, now=act.now)
    said = {
        "second": _("You looked. Another person decides."),
        "confirm": _("Decided: it is true. Messages follow it."),
        "dismiss": _("Decided: it is not so. Messages go on from now."),
    }
    notify(said[act_name])
    if done.live_appointments and act_name != "dismiss":
        notify(_("There is a booking: decide about it within the hour."), kind="warning")
    return go(url_for(".lives"))
