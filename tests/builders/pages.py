"""One application for a whole test process, put on each test's own database.

Building it and compiling its templates takes longer than most tests of a page. What a test may change
(settings, extensions, keys) is laid anew each time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Flask

from outreach.app import create_app
from outreach.services import Services
from outreach.web import cookies, health


class _Kept(NamedTuple):
    """The application, with the settings and extensions that it was built with."""

    app: Flask
    config: dict[str, Any]
    extensions: dict[str, Any]


# By what is decided while it is built.
_BUILT: dict[tuple[str, int], _Kept] = {}


def app_on(services: Services, **config: Any) -> Flask:
    """Return the application as it runs on these services; errors become pages, as for a visitor."""
    decided = (services.settings.map_tiles, services.settings.trusted_proxies)
    if decided not in _BUILT:
        built = create_app(services)
        _BUILT[decided] = _Kept(built, dict(built.config), dict(built.extensions))
    app, settings_then, extensions_then = _BUILT[decided]
    app.extensions.clear()
    app.extensions.update(extensions_then, outreach=services)
    app.config.clear()
    app.config.update(settings_then)
    cookies.install(app, services.database.vault)
    health.begin_figures(app)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, **config)
    return app
