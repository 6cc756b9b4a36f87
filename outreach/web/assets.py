"""Our own and the vendors' static files: addresses that change with the content, kept long by browsers."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request, send_from_directory, url_for
from werkzeug.security import safe_join

from outreach.web.access import open_to_all

FOREVER_S = 365 * 24 * 3600
PACKABLE = frozenset({".css", ".js", ".svg", ".json", ".webmanifest", ".ttf"})
PACK_FROM = 1024
FOLDER = Path(__file__).resolve().parent.parent / "static"


def install(app: Flask) -> None:
    """Serve static files packed where that helps, and give templates ``static_url``."""
    app.view_functions["static"] = serve
    app.add_template_global(static_url)


def static_url(name: str) -> str:
    """Return the address of a static file, which changes whenever the file does."""
    return url_for("static", filename=name, v=_version(FOLDER / name))


@open_to_all("our own style sheets, scripts and pictures; nothing of anybody")
def serve(filename: str) -> Response:
    """Send one static file; for good when its address names the version."""
    age = FOREVER_S if "v" in request.args else None
    path = safe_join(str(FOLDER), filename)
    if path is not None and _is_worth_packing(Path(path)):
        answer = _send_packed(Path(path), age)
    else:
        answer = send_from_directory(FOLDER, filename, max_age=age, conditional=True)
    answer.vary.add("Accept-Encoding")
    return answer


def _is_worth_packing(path: Path) -> bool:
    return (
        path.suffix in PACKABLE
        and request.accept_encodings.quality("gzip") > 0
        and path.is_file()
        and path.stat().st_size >= PACK_FROM
    )


def _send_packed(path: Path, age: int | None) -> Response:
    changed_ns = path.stat().st_mtime_ns
    answer = Response(_packed(path, changed_ns), mimetype=mimetypes.guess_type(path.name)[0])
    answer.content_encoding = "gzip"
    answer.set_etag(f"{changed_ns:x}-gzip")
    answer.cache_control.max_age = age
    if age is None:
        answer.cache_control.no_cache = True
    answer.make_conditional(request)
    return answer


def _version(path: Path) -> str:
    try:
        return f"{path.stat().st_mtime_ns:x}"
    except FileNotFoundError:
        return "missing"


@lru_cache(maxsize=64)
def _packed(path: Path, _changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6)
