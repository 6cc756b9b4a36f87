"""One view, two answers: a fragment for htmx, a whole page or a redirect for everybody else."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response


def is_fragment() -> bool:
    """Return whether htmx asked for a piece of the page (and not for the whole on going back)."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers


def _varied(answer: Response) -> Response:
    answer.vary.add("HX-Request")
    return answer


def page_or_fragment(page: str, fragment: str, **context: object) -> Response:
    """Answer a GET: the fragment to htmx, else the page that includes it, from the same values."""
    template = fragment if is_fragment() else page
    return _varied(make_response(render_template(template, **context)))


def partial_or_redirect(template: str, *, to: str, **context: object) -> Response:
    """Answer a POST: the changed fragment (and any notices) to htmx, else a redirect to the page."""
    if not is_fragment():
        return _varied(redirect(to, 303))
    html = render_template(template, **context)
    return _varied(make_response(html + render_template("components/_notices_oob.html")))


def go(to: str) -> ResponseReturnValue:
    """Answer a POST by leaving the page, also when htmx sent it."""
    if not is_fragment():
        return _varied(redirect(to, 303))
    answer = make_response("", 204)
    answer.headers["HX-Redirect"] = to
    return _varied(answer)


def local_path(target: str | None, *, otherwise: str) -> str:
    """Return the wish if it is a path of this very site, else the other: no open redirects."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return otherwise
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(c) < 32 or c == "\\" for c in target):
        return otherwise
    return target
