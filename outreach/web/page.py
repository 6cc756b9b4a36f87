"""What every template may use: the visitor, the sidebar, notices, languages and the demo bar."""

from __future__ import annotations

import json

from flask import Flask, request

from outreach.web import demo
from outreach.web.errors import MEGABYTE
from outreach.web.i18n import LANGUAGE_NAMES, language
from outreach.web.messages import word
from outreach.web.navigation import ROLE_LABELS, sidebar
from outreach.web.notices import take_notices
from outreach.web.palette import SEARCH_HINT
from outreach.web.visit import has_visit, visit

# Pinned to htmx 2: nothing is evaluated, and answers that say why something was refused are shown.
HTMX = json.dumps(
    {
        "allowEval": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        # A later settling would give elements back the classes they came with, and undo a quick hand.
        "defaultSettleDelay": 0,
        "refreshOnHistoryMiss": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "(403|404|409|413|422|429|503)", "swap": True, "error": True},
            {"code": "[45]..", "swap": True, "error": True},
        ],
    }
)


def install(app: Flask) -> None:
    """Give templates their common names."""
    app.jinja_env.globals.update(
        htmx_config=HTMX,
        word=word,
        take_notices=take_notices,
        ROLE_LABELS=ROLE_LABELS,
        LANGUAGE_NAMES=LANGUAGE_NAMES,
        SEARCH_HINT=SEARCH_HINT,
        upload_at_most=app.config["MAX_CONTENT_LENGTH"],
        upload_at_most_mb=app.config["MAX_CONTENT_LENGTH"] // MEGABYTE,
    )
    app.context_processor(_common)


def _common() -> dict[str, object]:
    values: dict[str, object] = {"language": language(), "here": _here(), "visit": None}
    if not has_visit():
        return values
    present = visit()
    values["visit"] = present
    values["links"] = sidebar(present.role, present.actor)
    if present.setting.is_demo:
        values["demo_doors"] = demo.doors()
        values["demo_roles"] = demo.steps()
    return values


def _here() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"
