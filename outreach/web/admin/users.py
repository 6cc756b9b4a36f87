"""Users and rights: invite, give and take roles over areas, reset, close and open accounts."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import LinkPurpose, Role
from outreach.accounts.links import make_link
from outreach.accounts.operations import (
    add_user,
    close_account,
    grant_role,
    rename_user,
    reopen_account,
    restore_grant,
    revoke_grant,
)
from outreach.accounts.queries import PAGE_SIZE, user_line, users_within
from outreach.accounts.rules import ROLES_WITH_NAMES
from outreach.places.areas import area_choices
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import page_or_fragment
from outreach.web.i18n import _
from outreach.web.lists import page_number, pages
from outreach.web.navigation import ROLE_LABELS
from outreach.web.notices import notify
from outreach.web.visit import services

bp = Blueprint("users", __name__, url_prefix="/admin/users")


def role_choices() -> list[tuple[str, str]]:
    """Return the roles as a select offers them."""
    return [(str(role), str(label)) for role, label in ROLE_LABELS.items()]


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """List the accounts within the administrator's areas."""
    text = request.args.get("text", "").strip()
    with reading() as act:
        lines, total = users_within(act.session, scope=act.scope, text=text, page=page_number())
    return page_or_fragment(
        "admin/users/index.html",
        "admin/users/_rows.html",
        lines=lines,
        pages=pages(total, size=PAGE_SIZE),
        form=Form(request.args),
    )


@bp.get("/new")
@allowed(Role.ADMINISTRATOR)
def new() -> ResponseReturnValue:
    """Show the form for a new account."""
    return _new_page(Form(), 200)


def _new_page(form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        areas = area_choices(act.session, roots=act.scope.paths)
    page = render_template("admin/users/new.html", form=form, areas=areas, roles=role_choices())
    return page, status


@bp.post("/new")
@allowed(Role.ADMINISTRATOR)
def create() -> ResponseReturnValue:
    """Add an account with its first role and show the invitation link."""
    form = Form(request.form)
    username = form.text("username", required=True, longest=40)
    display_name = form.text("display_name", required=True, longest=60)
    role, area_id = form.one_of("role", Role), form.whole("area_id", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            user = add_user(
                act.session,
                username=username,
                display_name=display_name,
                now=act.now,
                by=act.user_id,
            )
            grant_role(
                act.session,
                user_id=user.id,
                role=role or Role.CALLER,
                area_id=area_id or 0,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
                sees_names=form.yes("sees_names"),
            )
            token = make_link(
                act.session,
                purpose=LinkPurpose.INVITATION,
                now=act.real_now,
                user_id=user.id,
                by=act.user_id,
            )
        return _link_page(display_name, user.id, token)
    return _new_page(form, 422)


def _link_page(name: str, user_id: int, token: str) -> ResponseReturnValue:
    """Show a one-time link on the spot: it is kept nowhere and cannot be shown again."""
    base = services().settings.public_url or request.host_url.rstrip("/")
    address = base + url_for("auth.link", token=token)
    return render_template("admin/users/link.html", name=name, user_id=user_id, address=address)


@bp.get("/<int:user_id>")
@allowed(Role.ADMINISTRATOR)
def show(user_id: int) -> ResponseReturnValue:
    """Show one account with its rights."""
    return _user_page(user_id, Form(), 200)


def _user_page(user_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        line = user_line(act.session, user_id=user_id, scope=act.scope)
        areas = area_choices(act.session, roots=act.scope.paths)
        is_self = act.user_id == user_id
    page = render_template(
        "admin/users/show.html",
        line=line,
        areas=areas,
        roles=role_choices(),
        form=form,
        is_self=is_self,
        roles_with_names=ROLES_WITH_NAMES,
    )
    return page, status


@bp.post("/<int:user_id>/name")
@allowed(Role.ADMINISTRATOR)
def rename(user_id: int) -> ResponseReturnValue:
    """Change the shown name."""
    form = Form(request.form)
    name = form.text("display_name", required=True, longest=60)
    version = form.whole("version", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            rename_user(
                act.session,
                user_id=user_id,
                display_name=name,
                version=version or 0,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Saved."))
        return redirect(url_for(".show", user_id=user_id), 303)
    return _user_page(user_id, form, 422)


@bp.post("/<int:user_id>/grants")
@allowed(Role.ADMINISTRATOR)
def grant(user_id: int) -> ResponseReturnValue:
    """Give a role over an area."""
    form = Form(request.form)
    role, area_id = form.one_of("role", Role), form.whole("area_id", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            grant_role(
                act.session,
                user_id=user_id,
                role=role or Role.CALLER,
                area_id=area_id or 0,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
                sees_names=form.yes("sees_names"),
            )
        notify(_("The right is given."))
        return redirect(url_for(".show", user_id=user_id), 303)
    return _user_page(user_id, form, 422)


@bp.post("/grants/<int:grant_id>/revoke")
@allowed(Role.ADMINISTRATOR)
def revoke(grant_id: int) -> ResponseReturnValue:
    """Take a right back; the notice offers to undo it."""
    with acting() as act:
        taken = revoke_grant(
            act.session, grant_id=grant_id, scope=act.scope, by=act.user_id, now=act.now
        )
    notify(_("The right is taken back."), undo=url_for(".restore", grant_id=grant_id))
    return redirect(url_for(".show", user_id=taken.user_id), 303)


@bp.post("/grants/<int:grant_id>/restore")
@allowed(Role.ADMINISTRATOR)
def restore(grant_id: int) -> ResponseReturnValue:
    """Undo the taking back of a right."""
    with acting() as act:
        given = restore_grant(
            act.session, grant_id=grant_id, scope=act.scope, by=act.user_id, now=act.now
        )
    notify(_("The right is given again."))
    return redirect(url_for(".show", user_id=given.user_id), 303)


@bp.post("/<int:user_id>/link")
@allowed(Role.ADMINISTRATOR)
def new_link(user_id: int) -> ResponseReturnValue:
    """Make a link by which the account's owner sets a new password."""
    with acting() as act:
        line = user_line(act.session, user_id=user_id, scope=act.scope)
        purpose = LinkPurpose.RESET if line.has_password else LinkPurpose.INVITATION
        token = make_link(
            act.session, purpose=purpose, now=act.real_now, user_id=user_id, by=act.user_id
        )
    return _link_page(line.display_name, user_id, token)


@bp.post("/<int:user_id>/close")
@allowed(Role.ADMINISTRATOR)
def close(user_id: int) -> ResponseReturnValue:
    """Close an account; its open browsers are signed out with their next click."""
    with acting() as act:
        close_account(act.session, user_id=user_id, scope=act.scope, by=act.user_id, now=act.now)
    notify(_("The account is closed."), undo=url_for(".reopen", user_id=user_id))
    return redirect(url_for(".show", user_id=user_id), 303)


@bp.post("/<int:user_id>/reopen")
@allowed(Role.ADMINISTRATOR)
def reopen(user_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    with acting() as act:
        reopen_account(act.session, user_id=user_id, scope=act.scope, by=act.user_id, now=act.now)
    notify(_("The account is open again."))
    return redirect(url_for(".show", user_id=user_id), 303)
