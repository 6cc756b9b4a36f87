"""The terms of a campaign: a look at who would change, then the change; rule sets read from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from outreach.accounts.codes import Role
from outreach.campaigns.operations import store_rule_set
from outreach.campaigns.queries import rules_of
from outreach.campaigns.rule_packs import rule_set_from_text
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.codes import GRADE_LABELS, STATUS_LABELS
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.admin.campaigns import admit, bp, campaign_page
from outreach.web.forms import Form
from outreach.web.htmx import go, is_fragment
from outreach.web.i18n import _, _l
from outreach.web.messages import add_messages
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.workflows.ask_terms import (
    APPLY,
    ask_apply,
    ask_preview,
    people_named,
    terms_task,
)
from outreach.workflows.change_terms import NAMED, Terms

LARGEST_PACK = 200_000
KINDS: dict[str, LazyString] = {
    "becomes_due": _l("become due"),
    "no_longer_due": _l("are no longer due"),
    "status": _l("stand differently with the vaccine"),
    "earlier": _l("are due earlier"),
    "later": _l("are due later"),
    "past_due": _l("have another last day"),
    "next_dose": _l("wait for another dose"),
    "dose_validity": _l("have a dose that counts differently"),
}
add_messages(
    {
        "pack_refused": _l("%(file)s, at %(path)s: %(problem)s. %(remedy)s"),
        "terms_unchanged": _l("These are the present terms; change something first."),
        "preview_first": _l("First look at who would change."),
        "campaign_changed": _l(
            "Somebody changed this campaign after you looked. Look again at who would change."
        ),
        "retention_end": _l("Please choose a day from %(soonest)s to %(latest)s."),
        "rules_of_another_vaccine": _l("These rules are for another vaccine."),
    }
)


@dataclass(frozen=True, slots=True)
class Group:
    """How many people would change in one way; it opens the first of them."""

    key: str
    label: str
    count: int


@bp.post("/<int:campaign_id>/terms")
@allowed(Role.ADMINISTRATOR)
def look(campaign_id: int) -> ResponseReturnValue:
    """Ask who would change under the terms that were entered."""
    form = Form(request.form)
    terms = Terms(
        rule_set_id=form.whole("rule_set_id", required=True) or 0,
        closing_grade=form.code("closing_grade", GRADE_LABELS),
        minimum_age=form.whole("minimum_age", required=True) or 0,
        target_dose=form.whole("target_dose"),
    )
    with form.catching():
        form.check()
        with acting() as act:
            admit(act, campaign_id)
            task = ask_preview(
                act.session, campaign_id=campaign_id, terms=terms, by=act.user_id, now=act.now
            )
            task_id = task.id
        return go(url_for(".terms", campaign_id=campaign_id, task_id=task_id))
    return campaign_page(campaign_id, form, 422)


@bp.get("/<int:campaign_id>/terms/<int:task_id>")
@allowed(Role.ADMINISTRATOR)
def terms(campaign_id: int, task_id: int) -> ResponseReturnValue:
    """Show how far a look or a change is, and what it found; a group opens the people it counts."""
    group = request.args.get("group", "")
    with reading() as act:
        line, task = admit(act, campaign_id), terms_task(act.session, task_id)
        if task.campaign_id != campaign_id:
            raise NotFound("not_found")
        rules = rules_of(act.session, task.terms.rule_set_id)
        people = people_named(
            act.session,
            ids=task.result.get("residents", {}).get(group, ()),
            campaign_id=campaign_id,
            scope=act.scope,
            now=act.now,
        )
    page = "_terms.html" if is_fragment() else "terms.html"
    return render_template(
        f"admin/campaigns/{page}",
        line=line,
        task=task,
        is_change=task.kind == APPLY,
        rules=rules,
        grade=coded(GRADE_LABELS[task.terms.closing_grade]),
        moves=_moves(task.result.get("moves", {})),
        kinds=_kinds(task.result.get("kinds", {})),
        group=group,
        people=people,
        most_named=NAMED,
    )


def _moves(counts: Mapping[str, int]) -> list[Group]:
    found = []
    for key, count in _largest_first(counts):
        was, now = (coded(STATUS_LABELS[part]) for part in key.split(">"))
        found.append(Group(key, f"{was} → {now}", count))
    return found


def _kinds(counts: Mapping[str, int]) -> list[Group]:
    return [Group(key, str(KINDS[key]), count) for key, count in _largest_first(counts)]


def _largest_first(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


@bp.post("/<int:campaign_id>/terms/<int:task_id>/apply")
@allowed(Role.ADMINISTRATOR)
def apply(campaign_id: int, task_id: int) -> ResponseReturnValue:
    """Have the change made that the look has shown."""
    with acting() as act:
        admit(act, campaign_id)
        if terms_task(act.session, task_id).campaign_id != campaign_id:
            raise NotFound("not_found")
        task = ask_apply(act.session, preview_id=task_id, by=act.user_id, now=act.now)
        change_id = task.id
    return go(url_for(".terms", campaign_id=campaign_id, task_id=change_id))


@bp.post("/<int:campaign_id>/rule-sets")
@allowed(Role.ADMINISTRATOR)
def add_rules(campaign_id: int) -> ResponseReturnValue:
    """Keep a rule set from a file beside the others; it rules only when it is chosen and applied."""
    form = Form(request.form)
    upload = request.files.get("pack")
    with form.catching():
        if upload is None or not upload.filename:
            raise InvalidInput("field_required", field="pack")
        text = upload.stream.read(LARGEST_PACK + 1).decode("utf-8", errors="replace")
        if len(text) > LARGEST_PACK:
            raise InvalidInput("text_long", field="pack", longest=LARGEST_PACK)
        rules = rule_set_from_text(text, file=upload.filename[:60])
        with acting() as act:
            line = admit(act, campaign_id)
            if rules.vaccine != line.vaccine_code:
                raise InvalidInput("rules_of_another_vaccine", field="pack")
            stored = store_rule_set(act.session, rules=rules)
            act.record("rule_set_added", ("rule_set", stored.id), facts={"version": rules.version})
        notify(_("Kept. Choose it below and look at who would change."))
        return go(url_for(".show", campaign_id=campaign_id))
    return campaign_page(campaign_id, form, 422)
