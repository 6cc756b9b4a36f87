"""Whether this process can work (/healthz), and its figures for Prometheus (/metrics)."""

from __future__ import annotations

import ipaddress
import logging
import shutil
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest

from outreach.accounts.codes import Role
from outreach.kernel.clock import monotonic_s
from outreach.kernel.errors import NotFound
from outreach.places.queries import get_place
from outreach.web.access import admitted_by, open_to_all
from outreach.web.errors import broke_at
from outreach.web.visit import has_visit, services, visit

bp = Blueprint("health", __name__)
log = logging.getLogger("outreach.web")
LEAST_FREE_BYTES = 50 * 1024 * 1024
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)


def install(app: Flask) -> None:
    """Measure every request of this application."""
    begin_figures(app)
    app.before_request(_start)
    app.after_request(_measured)


def begin_figures(app: Flask) -> None:
    """Count from nought."""
    registry = CollectorRegistry()
    seconds = Histogram(
        "outreach_request_seconds",
        "Server time of requests",
        ["endpoint", "method", "status"],
        registry=registry,
        buckets=BUCKETS,
    )
    app.extensions["outreach_metrics"] = (registry, seconds)


def _start() -> None:
    g.started_s = monotonic_s()


def _measured(answer: Response) -> Response:
    from flask import current_app

    _registry, seconds = current_app.extensions["outreach_metrics"]
    took = monotonic_s() - g.get("started_s", monotonic_s())
    seconds.labels(request.endpoint or "none", request.method, answer.status_code).observe(took)
    user_id = visit().actor.user_id if has_visit() and visit().actor else None  # type: ignore[union-attr]
    fields: dict[str, Any] = {
        "endpoint": request.endpoint,
        "method": request.method,
        "status": answer.status_code,
        "ms": round(took * 1000, 1),
        "user_id": user_id,
    }
    log.info("request", extra=fields)
    return answer


@bp.get("/healthz")
@open_to_all("says ok or not, nothing else")
def healthz() -> ResponseReturnValue:
    """Answer 200 while the database answers and the disk has room, else 503 with what is wrong."""
    wrong = []
    try:
        with services().database.read() as session:
            get_place(session)
    except Exception as error:
        log.error("health: database", extra=broke_at(error))  # noqa: TRY400 - see broke_at
        wrong.append("database")
    if shutil.disk_usage(services().settings.instance).free < LEAST_FREE_BYTES:
        wrong.append("disk")
    return jsonify(status="ok" if not wrong else "wrong", wrong=wrong), 503 if wrong else 200


def administrator_or_this_machine() -> None:
    """Admit administrators, and programs on this very machine that no proxy speaks for."""
    actor = visit().actor
    if actor is not None and not visit().is_locked and Role.ADMINISTRATOR in actor.roles:
        return
    came_through_proxy = any(h in request.headers for h in ("X-Forwarded-For", "Forwarded", "Via"))
    try:
        is_here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        is_here = False
    if came_through_proxy or not is_here:
        raise NotFound("not_found")


@bp.get("/metrics")
@admitted_by(administrator_or_this_machine, "administrators and this machine itself")
def metrics() -> ResponseReturnValue:
    """Return the figures of this process in Prometheus' text form."""
    from flask import current_app

    registry, _seconds = current_app.extensions["outreach_metrics"]
    answer = make_response(generate_latest(registry))
    answer.content_type = CONTENT_TYPE_LATEST
    return answer
