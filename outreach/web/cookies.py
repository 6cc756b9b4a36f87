"""The signed session cookie: ``__Host-`` and Secure on HTTPS, plain on a local http address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask, has_request_context, request
from flask.sessions import SecureCookieSessionInterface

from outreach.accounts.rules import SITTING_LIFE

if TYPE_CHECKING:
    from outreach.vault import Vault

NAME = "outreach"


class SessionCookies(SecureCookieSessionInterface):
    """Decides per request, because the same process answers behind a proxy and on its own port."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie may only travel encrypted."""
        return has_request_context() and request.is_secure

    def get_cookie_name(self, app: Flask) -> str:
        """Return the name; the prefix makes browsers refuse cookies planted by neighbouring hosts."""
        return f"__Host-{NAME}" if self.get_cookie_secure(app) else NAME


def install(app: Flask, vault: Vault) -> None:
    """Sign cookies with a key derived from the installation's own keys, which lie outside the database."""
    app.session_interface = SessionCookies()
    app.config.update(
        SECRET_KEY=b"".join(vault.index(part, purpose="cookies") for part in ("first", "second")),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=SITTING_LIFE + timedelta(hours=1),
    )
