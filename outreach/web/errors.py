"""From an error to an answer: a page, an htmx notice or JSON, worded in the reader's language."""

from __future__ import annotations

import logging
import secrets
import traceback
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from outreach.kernel.errors import NotFound, OutreachError
from outreach.web.access import ScreenLocked, SignInNeeded
from outreach.web.htmx import is_fragment
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.visit import has_visit, visit

log = logging.getLogger("outreach.web")

MEGABYTE = 1024 * 1024
DRAIN_AT_MOST = 128 * MEGABYTE
RETRY_AFTER_S = 5
DEEPEST_FRAMES = 12
HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 403: "not_allowed"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error answer says."""

    status: int
    code: str
    text: str

    @property
    def title(self) -> str:
        """The heading for this kind of trouble."""
        titles: dict[int, str] = {
            403: _("Not allowed"),
            404: _("Not found"),
            409: _("Changed meanwhile"),
            413: _("Too large"),
            422: _("Not possible"),
            429: _("Please wait"),
            500: _("Something went wrong"),
            503: _("Busy"),
        }
        return str(titles.get(self.status, _("Not possible")))


def install(app: Flask) -> None:
    """Register the handlers of every error that pages may raise."""
    app.register_error_handler(OutreachError, _of_ours)
    app.register_error_handler(CSRFError, lambda _e: answer(400, "csrf"))
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _unforeseen)


def answer(status: int, code: str, facts: dict[str, object] | None = None) -> Response:
    """Return the error answer in the form that the asker understands."""
    trouble = Trouble(status, code, word(code, facts))
    if _wants_json():
        return make_response(jsonify(error={"code": code, "message": trouble.text}), status)
    if is_fragment():
        reply = make_response(render_template("errors/_notice.html", trouble=trouble), status)
        # An error must not replace the piece of page that was being worked on.
        reply.headers["HX-Retarget"] = "#notices"
        reply.headers["HX-Reswap"] = "beforeend"
        return reply
    is_staff = has_visit() and visit().actor is not None and not visit().is_locked
    layout = "layouts/staff.html" if is_staff else "layouts/plain.html"
    return make_response(
        render_template("errors/page.html", trouble=trouble, layout=layout), status
    )


def busy(_error: Exception) -> Response:
    """Answer when the database did not let us in within its time limit (fault 11)."""
    log.warning("database busy", extra={"endpoint": request.endpoint})
    reply = answer(503, "busy")
    reply.headers["Retry-After"] = str(RETRY_AFTER_S)
    return reply


def stale(_error: Exception) -> Response:
    """Answer when a row was changed by someone else between reading and writing (fault 57)."""
    return answer(409, "stale_version")


def _of_ours(error: OutreachError) -> Response:
    if isinstance(error, SignInNeeded | ScreenLocked):
        return _to_the_door(error)
    if isinstance(error, NotFound) or error.status == 403:
        user_id = visit().actor.user_id if has_visit() and visit().actor else None  # type: ignore[union-attr]
        log.warning(
            "refused", extra={"endpoint": request.endpoint, "code": error.code, "user_id": user_id}
        )
    code = "not_found" if isinstance(error, NotFound) and not _is_worded(error.code) else error.code
    return answer(error.status, code, dict(error.facts))


def _is_worded(code: str) -> bool:
    from outreach.web.messages import MESSAGES

    return code in MESSAGES


def _to_the_door(error: OutreachError) -> Response:
    if _wants_json():
        return make_response(jsonify(error={"code": error.code, "message": word(error.code)}), 401)
    page = "auth.unlock" if isinstance(error, ScreenLocked) else "auth.login"
    came_from = request.full_path.rstrip("?") if request.method == "GET" else None
    if is_fragment():
        reply = make_response("", 401)
        reply.headers["HX-Redirect"] = url_for(page)
        return reply
    return redirect(url_for(page, next=came_from if came_from != "/" else None), 303)


def _too_large(_error: RequestEntityTooLarge) -> Response:
    # The browser only shows our answer when what it is still sending is read to the end.
    left = min(request.content_length or 0, DRAIN_AT_MOST)
    stream = request.environ["wsgi.input"]
    while left > 0:
        piece = stream.read(min(left, MEGABYTE))
        if not piece:
            break
        left -= len(piece)
    most = (request.max_content_length or 0) // MEGABYTE
    return answer(413, "upload_too_large", {"most": most})


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code = HTTP_CODES.get(status, "bad_request" if status < 500 else "broken")
    if status >= 500:
        return _unforeseen(error)
    reply = answer(status, code)
    if status == 405 and (methods := getattr(error, "valid_methods", None)):
        reply.headers["Allow"] = ", ".join(methods)
    return reply


def _unforeseen(error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error(
        "unforeseen",
        extra={"number": number, "endpoint": request.endpoint, **broke_at(error)},
    )
    return answer(500, "broken", {"number": number})


def broke_at(error: Exception) -> dict[str, object]:
    """Return what a log may say of an error: where it broke, not its text, which may quote a person's data."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST_FRAMES:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"kind": type(error).__name__, "where": where}


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"
