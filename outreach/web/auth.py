"""Signing in and out, the idle lock, one-time links, one's own account, language and role in use."""

from __future__ import annotations

from flask import (
    Blueprint,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import LinkPurpose
from outreach.accounts.links import look_at_link, use_link
from outreach.accounts.operations import change_password, set_preferences
from outreach.accounts.queries import OpenLink, get_user
from outreach.accounts.rules import LINK_BY_ADDRESS
from outreach.accounts.sittings import (
    SignInRefused,
    Try,
    accept_try,
    begin_try,
    end_sitting,
    forgive,
    knock,
    lock_sitting,
    open_sitting,
    refuse_try,
    unlock_sitting,
)
from outreach.kernel.clock import real_now
from outreach.web.access import open_to_all, signed_in
from outreach.web.acting import acting
from outreach.web.forms import Form
from outreach.web.htmx import go, local_path
from outreach.web.i18n import COOKIE, LANGUAGES, _
from outreach.web.navigation import all_pages, landing
from outreach.web.notices import notify
from outreach.web.visit import SITTING, services, visit

bp = Blueprint("auth", __name__)
LANGUAGE_LIFE_S = 365 * 24 * 3600


def address() -> str:
    """Return the visitor's network address (the real one behind the trusted proxies)."""
    return request.remote_addr or "unknown"


def sit_down(token: str) -> None:
    """Give this browser a fresh cookie that holds the sitting's token; nothing of before survives."""
    role = session.get("role")
    session.clear()
    session[SITTING] = token
    session.permanent = False
    if role:
        session["role"] = role


@bp.get("/")
@open_to_all("only sends on to where the visitor's role begins")
def home() -> ResponseReturnValue:
    """Send each role to its first page."""
    actor = visit().actor
    if actor is None:
        return redirect(url_for(".login"), 303)
    open_pages = [landing(visit().role, actor), *(page.to for page in all_pages(actor))]
    target = next(filter(None, open_pages), None)
    return redirect(target, 303) if target else render_template("auth/nothing.html")


@bp.get("/login")
@open_to_all("the door itself")
def login() -> ResponseReturnValue:
    """Show the login page."""
    if visit().actor is not None and not visit().is_locked:
        return redirect(url_for(".home"), 303)
    return _login_page(Form(), 200)


@bp.post("/login")
@open_to_all("throttled per account and address")
def sign_in() -> ResponseReturnValue:
    """Let one try through the throttle, check the password outside any transaction, open the sitting."""
    form = Form(request.form)
    username, password = form.text("username", required=True), form.secret("password")
    with form.catching():
        form.check()
        token = _check_in(username, password)
        sit_down(token)
        return redirect(local_path(request.args.get("next"), otherwise=url_for(".home")), 303)
    return _login_page(form, 422)


def _check_in(username: str, password: str) -> str:
    attempt = _tried(username, password)
    now = real_now()
    with services().database.write() as db:
        return accept_try(
            db, attempt=attempt, password=password, now=now, replaces=session.get(SITTING, "")
        )


def _tried(username: str, password: str) -> Try:
    now = real_now()
    with services().database.write() as db:
        attempt = begin_try(db, username=username, address=address(), now=now)
    if attempt.fits(password):
        return attempt
    with services().database.write() as db:
        refuse_try(db, username=username, now=now)
    raise SignInRefused


def _login_page(form: Form, status: int) -> ResponseReturnValue:
    return render_template("auth/login.html", form=form), status


@bp.post("/logout")
@open_to_all("ends the visitor's own sitting")
def logout() -> ResponseReturnValue:
    """End the sitting on the server as well as in the browser."""
    with services().database.write() as db:
        end_sitting(db, token=session.get(SITTING, ""), now=real_now())
    session.clear()
    return go(url_for(".login"))


@bp.post("/lock")
@open_to_all("locks the visitor's own screen")
def lock() -> ResponseReturnValue:
    """Lock the screen at once, e.g. when leaving a shared desk."""
    sitting_id = visit().sitting_id
    if sitting_id is None:
        return go(url_for(".login"))
    with services().database.write() as db:
        lock_sitting(db, sitting_id=sitting_id)
    return go(url_for(".unlock", next=local_path(request.form.get("next"), otherwise="/")))


@bp.get("/unlock")
@open_to_all("shows who locked the screen, to whoever sits there")
def unlock() -> ResponseReturnValue:
    """Show the locked screen."""
    if visit().actor is None:
        return redirect(url_for(".login", next=request.args.get("next")), 303)
    if not visit().is_locked:
        return redirect(local_path(request.args.get("next"), otherwise=url_for(".home")), 303)
    return render_template("auth/unlock.html", form=Form(), actor=visit().actor)


@bp.post("/unlock")
@open_to_all("throttled like the login")
def open_screen() -> ResponseReturnValue:
    """Open the locked screen with the password of whoever sits there."""
    present = visit()
    if present.actor is None or present.sitting_id is None:
        return redirect(url_for(".login"), 303)
    form = Form(request.form)
    password = form.secret("password")
    with form.catching():
        form.check()
        attempt = _tried(present.actor.username, password)
        with services().database.write() as db:
            unlock_sitting(db, sitting_id=present.sitting_id, attempt=attempt, now=real_now())
        return redirect(local_path(request.args.get("next"), otherwise=url_for(".home")), 303)
    return render_template("auth/unlock.html", form=form, actor=present.actor), 422


@bp.get("/link/<token>")
@open_to_all("whoever holds the one-time link; opening it changes nothing")
def link(token: str) -> ResponseReturnValue:
    """Show what a one-time link is for."""
    found = _looked_at(token)
    return _link_page(token, Form(), found.purpose, found.display_name, 200)


@bp.post("/link/<token>")
@open_to_all("whoever holds the one-time link, once")
def follow_link(token: str) -> ResponseReturnValue:
    """Use a one-time link: set the password (and the first administrator's name) and sign in."""
    form = Form(request.form)
    now, found = real_now(), _looked_at(token)
    is_first = found.purpose is LinkPurpose.FIRST_ADMINISTRATOR
    username = form.text("username", required=is_first) if is_first else ""
    display_name = form.text("display_name", required=is_first, longest=60) if is_first else ""
    password = _new_password(form)
    with form.catching():
        form.check()
        with services().database.write() as db:
            user = use_link(
                db,
                token=token,
                password=password,
                now=now,
                username=username,
                display_name=display_name,
            )
            db.flush()
            db.refresh(user)
            sitting = open_sitting(db, user=user, now=now, replaces=session.get(SITTING, ""))
        sit_down(sitting)
        notify(_("Welcome. Your password is set."))
        return redirect(url_for(".home"), 303)
    return _link_page(token, form, found.purpose, found.display_name, 422)


def _looked_at(token: str) -> OpenLink:
    """Return what a link is for; who guesses links is slowed down, who holds one is not."""
    now = real_now()
    with services().database.write() as db:
        event = knock(db, throttle=LINK_BY_ADDRESS, who=address(), now=now)
    with services().database.read() as db:
        found = look_at_link(db, token=token, now=now)
    with services().database.write() as db:
        forgive(db, event_ids=(event,))
    return found


def _new_password(form: Form) -> str:
    password = form.secret("password")
    if not form.errors_of("password") and form["again"] != password:
        form.wrong("again", "passwords_differ")
    return password


def _link_page(
    token: str, form: Form, purpose: LinkPurpose, name: str, status: int
) -> ResponseReturnValue:
    page = render_template("auth/link.html", token=token, form=form, purpose=purpose, name=name)
    answer = make_response(page, status)
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


@bp.get("/account")
@signed_in("one's own account")
def account() -> ResponseReturnValue:
    """Show one's own account."""
    return render_template("auth/account.html", form=Form(), actor=visit().actor)


@bp.post("/account/password")
@signed_in("one's own password")
def new_password() -> ResponseReturnValue:
    """Change one's own password; other browsers are signed out."""
    form = Form(request.form)
    current, password = form.secret("current"), _new_password(form)
    with form.catching():
        form.check()
        with acting() as act:
            change_password(
                act.session,
                user_id=act.user_id,
                current=current,
                password=password,
                now=act.real_now,
            )
            user = get_user(act.session, act.user_id)
            act.session.refresh(user)
            token = open_sitting(act.session, user=user, now=act.real_now)
        sit_down(token)
        notify(_("Your password is changed; other browsers are signed out."))
        return go(url_for(".account"))
    return render_template("auth/account.html", form=form, actor=visit().actor), 422


@bp.post("/account/lock")
@signed_in("one's own idle lock")
def idle_lock() -> ResponseReturnValue:
    """Change after how many idle minutes the screen locks."""
    form = Form(request.form)
    minutes = form.whole("idle_lock_minutes", required=True, least=1, most=60)
    with form.catching():
        form.check()
        with acting() as act:
            set_preferences(act.session, user_id=act.user_id, idle_lock_minutes=minutes)
        notify(_("Saved."))
        return go(url_for(".account"))
    return render_template("auth/account.html", form=form, actor=visit().actor), 422


@bp.post("/language")
@open_to_all("changes the visitor's own language")
def language() -> ResponseReturnValue:
    """Remember the language in the cookie and, for members of staff, in their account."""
    wish = request.form.get("language", "")
    answer = redirect(local_path(request.form.get("next"), otherwise=url_for(".home")), 303)
    if wish not in LANGUAGES:
        return answer
    if visit().actor is not None:
        with acting() as act:
            set_preferences(act.session, user_id=act.user_id, language=wish)
    answer.set_cookie(
        COOKIE,
        wish,
        max_age=LANGUAGE_LIFE_S,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure,
    )
    return answer


@bp.post("/role")
@signed_in("chooses among the roles one holds")
def role() -> ResponseReturnValue:
    """Choose as which of one's roles to work: it decides the sidebar, not the rights."""
    actor = visit().actor
    wish = request.form.get("role", "")
    if actor is not None and wish in {str(held) for held in actor.roles}:
        session["role"] = wish
    return redirect(url_for(".home"), 303)
