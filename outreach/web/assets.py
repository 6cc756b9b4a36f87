"""Our own and the vendors' static files: addresses that change with the content, kept long by browsers."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory, url_for

from outreach.web.access import open_to_all

FOREVER_S = 365 * 24 * 3600
PACKABLE = frozenset({".css", ".js", ".svg", ".json", ".webmanifest", ".ttf"})
PACK_FROM = 1024


def install(app: Flask) -> None:
    """Serve static files packed where that helps, and give templates ``static_url``."""
    app.view_functions["static"] = serve
    app.add_template_global(static_url)


def static_url(name: str) -> str:
    """Return the address of a static file, which changes whenever the file does."""
    return url_for("static", filename=name, v=_version(_folder() / name))


@open_to_all("our own style sheets, scripts and pictures; nothing of anybody")
def serve(filename: str) -> Response:
    """Send one static file; for good when its address names the version."""
    age = FOREVER_S if "v" in request.args else None
    answer = send_from_directory(_folder(), filename, max_age=age, conditional=True)
    answer.vary.add("Accept-Encoding")
    path = _folder() / filename
    if (
        answer.status_code != 200
        or path.suffix not in PACKABLE
        or request.accept_encodings.quality("gzip") <= 0
        or path.stat().st_size < PACK_FROM
    ):
        return answer
    answer.direct_passthrough = False
    answer.set_data(_packed(path, path.stat().st_mtime_ns))
    answer.content_encoding = "gzip"
    return answer


def _folder() -> Path:
    return Path(__file__).resolve().parent.parent / "static"


def _version(path: Path) -> str:
    try:
        return f"{path.stat().st_mtime_ns:x}"
    except FileNotFoundError:
        return "missing"


@lru_cache(maxsize=64)
def _packed(path: Path, _changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6)
