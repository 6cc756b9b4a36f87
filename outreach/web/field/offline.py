"""What makes the run's page work without a network: queue in, living part out, worker, manifest, shell."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.web.access import admitted_by, open_to_all
from outreach.web.acting import acting
from outreach.web.assets import FOLDER, static_url
from outreach.web.field.page import WHY, by_link, held_door, shown, with_store_key
from outreach.web.field.told import spots_of, told_by_batch
from outreach.web.i18n import _, language
from outreach.web.messages import word
from outreach.workflows.field_sync import note_where, take_in

bp = Blueprint("field_offline", __name__, url_prefix="/field")

SHELL_FILES = (
    "css/tokens.css",
    "css/field.css",
    "js/simple.js",
    "js/field.js",
    "js/field-cards.js",
    "js/field-store.js",
    "js/field-sync.js",
    "js/field-where.js",
    "js/press.js",
    "icon.svg",
)


@bp.post("/told")
@admitted_by(by_link, WHY)
def told() -> ResponseReturnValue:
    """Take in what the phone saved up; sent again, late or out of order, it counts once (fault 58)."""
    parts = told_by_batch(request.get_json(silent=True))
    with acting() as act:
        taken = take_in(act.session, told=parts, door=held_door(), now=act.now)
    return jsonify(
        taken=[
            {"uuid": one.uuid, "is_new": one.is_new, "error": one.error, "words": _why(one.error)}
            for one in taken
        ]
    )


def _why(code: str) -> str:
    return word(code) if code else ""


@bp.post("/where")
@admitted_by(by_link, WHY)
def where() -> ResponseReturnValue:
    """Take in where the car is, while its run is on and its driver shares it."""
    spots = spots_of(request.get_json(silent=True))
    with acting() as act:
        kept = note_where(act.session, door=held_door(), spots=spots, now=act.now)
    return jsonify(kept=kept)


@bp.get("/now")
@admitted_by(by_link, WHY)
def now() -> ResponseReturnValue:
    """Return the living part of the run's page, or nothing when it is as the phone has it."""
    context = shown()
    # Forms get fresh ids each time: whether anything changed is asked of what is shown, not of the text.
    steady = repr((context["page"], language(), held_door().shares_position)).encode()
    answer = make_response()
    answer.set_etag(hashlib.sha256(steady).hexdigest()[:32])
    if answer.make_conditional(request).status_code != 304:
        answer.set_data(render_template("field/_run.html", **context))
    return with_store_key(answer)


@bp.get("/shell")
@open_to_all("an empty page that holds nothing of anybody; the phone fills it from its own store")
def shell() -> ResponseReturnValue:
    """Return the page that opens where there is no network."""
    return render_template("field/shell.html")


@bp.get("/worker.js")
@open_to_all("our own script, without anything of anybody")
def worker() -> ResponseReturnValue:
    """Return the service worker with the list of files that it keeps; a changed file makes a new one."""
    files = [static_url(name) for name in SHELL_FILES]
    files += [url_for(".shell", lang=language())]
    mark = hashlib.sha256("".join(files).encode()).hexdigest()[:16]
    lines = [
        f"const FILES = {json.dumps(files)};",
        f'const SHELL = "{url_for(".shell", lang=language())}";',
        f'const CACHE = "field-{mark}";',
        (FOLDER / "js" / "field-worker.js").read_text(encoding="utf-8"),
    ]
    return Response("\n".join(lines), mimetype="text/javascript")


@bp.get("/app.webmanifest")
@open_to_all("the name and the icons of the page; nothing of anybody")
def manifest() -> ResponseReturnValue:
    """Return what a phone needs to put the run on its home screen."""
    body = {
        "id": "/field",
        "name": _("Today's run"),
        "short_name": _("Run"),
        "lang": "zh-CN" if language() == "zh" else "en",
        "start_url": url_for("field.run"),
        "scope": "/field",
        "display": "standalone",
        "background_color": "#f4f6f8",
        "theme_color": "#0b2e24",
        "icons": [
            {
                "src": static_url(f"icons/run-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for size in (192, 512)
        ],
    }
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/manifest+json")
