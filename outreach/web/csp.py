"""What browsers are told about our pages, and the refusal of writes that come from other sites."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from outreach.kernel.errors import OutreachError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
YEAR_S = 365 * 24 * 3600


class FromElsewhere(OutreachError):
    """Another site tried to act in the visitor's name (fault 61)."""

    status = 403


def policy(app: Flask) -> str:
    """Return the content security policy: nothing inline, nothing from outside but map tiles if set."""
    tiles = _origin(app.extensions["outreach"].settings.map_tiles)
    images = " ".join(filter(None, ["'self'", "data:", "blob:", tiles]))
    parts = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": images,
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _origin(template: str) -> str:
    parts = urlsplit(template.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def add_headers(answer: Response) -> Response:
    """Set the security headers that every answer carries."""
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", policy(current_app))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault(
        "Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()"
    )
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}; includeSubDomains")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return answer


def check_origin() -> None:
    """Refuse a write whose sender says that it stands on another site."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") in {"cross-site", "same-site"}:
        raise FromElsewhere
    origin = request.headers.get("Origin")
    if origin is None:
        return
    if origin == "null" or urlsplit(origin).netloc != request.host:
        raise FromElsewhere
