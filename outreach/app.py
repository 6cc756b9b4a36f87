"""Builds the web application: the one place where settings, services and pages are wired together."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.middleware.proxy_fix import ProxyFix

from outreach.config import Settings, load_settings
from outreach.services import Services, build_services
from outreach.web import (
    access,
    assets,
    blueprints,
    cookies,
    csp,
    errors,
    filters,
    health,
    i18n,
    page,
    qr,
    tags,
)
from outreach.web.visit import admit, begin_visit, visit

UPLOAD_AT_MOST = 25 * 1024 * 1024
FORM_AT_MOST = 8 * 1024 * 1024
FORM_PARTS_AT_MOST = 10_000


def create_app(source: Services | Settings | None = None) -> Flask:
    """Return the application on these services (or settings; None reads them from the environment)."""
    services = source if isinstance(source, Services) else build_services(source or load_settings())
    app = Flask(
        "outreach",
        template_folder="../templates",
        static_folder="static",
        instance_path=str(services.settings.instance.resolve()),
        instance_relative_config=True,
    )
    app.extensions["outreach"] = services
    app.config.update(
        MAX_CONTENT_LENGTH=UPLOAD_AT_MOST,
        MAX_FORM_MEMORY_SIZE=FORM_AT_MOST,
        MAX_FORM_PARTS=FORM_PARTS_AT_MOST,
        WTF_CSRF_CHECK_DEFAULT=False,  # _enter() checks, after the route's right is known
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # csp.check_origin looks at Origin and Sec-Fetch-Site instead
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if services.settings.trusted_proxies:
        hops = services.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    cookies.install(app, services.database.vault)
    csrf = CSRFProtect(app)
    for part in (health, i18n, errors, filters, tags, assets, qr, page):
        part.install(app)
    app.register_error_handler(OperationalError, errors.busy)
    app.register_error_handler(StaleDataError, errors.stale)
    app.before_request(lambda: _enter(csrf))
    app.after_request(csp.add_headers)
    for blueprint in blueprints.ALL:
        app.register_blueprint(blueprint)
    return app


def _enter(csrf: CSRFProtect) -> None:
    """Let the visitor in: who it is, whether the request is their own, and whether the route admits them."""
    if request.endpoint in {"static", "health.healthz"}:
        return
    begin_visit()
    right = access.right_of(request.endpoint) if request.endpoint else None
    if right is None or right.door is not access.Door.SIGNATURE:
        csp.check_origin()
        if current_app.config["WTF_CSRF_ENABLED"]:
            csrf.protect()
    present = visit()
    admit(access.guard(present.actor, is_locked=present.is_locked))
