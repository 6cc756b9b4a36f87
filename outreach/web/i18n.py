"""Languages of pages: which one a visitor reads, and the catalogues behind gettext.

Each capability's pages keep their own catalogue, ``outreach/translations/zh/LC_MESSAGES/<name>.po``;
all of them together are what ``gettext`` looks through. The message ids are the English texts.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, request
from flask_babel import Babel, ngettext
from flask_babel import get_locale as _babel_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from outreach.web.visit import has_visit, visit

__all__ = ["_", "_l", "_n", "install", "language", "ngettext"]

_n = ngettext

LANGUAGES = ("zh", "en")
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
COOKIE = "language"
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def install(app: Flask) -> None:
    """Give the application its catalogues and the choice of language."""
    compile_stale()
    names = sorted({path.stem for path in TRANSLATIONS.glob("*/LC_MESSAGES/*.po")}) or ["web"]
    Babel(
        app,
        default_locale="zh",
        default_domain=";".join(names),
        default_translation_directories=";".join([str(TRANSLATIONS)] * len(names)),
        locale_selector=choose,
    )


def choose() -> str:
    """Return the visitor's language: their own setting, the cookie, the browser's, else the place's first."""
    offered = visit().setting.languages if has_visit() else LANGUAGES
    offered = tuple(name for name in offered if name in LANGUAGES) or LANGUAGES
    actor = visit().actor if has_visit() else None
    for wish in (actor.language if actor else "", request.cookies.get(COOKIE, "")):
        if wish in offered:
            return wish
    return request.accept_languages.best_match(offered) or offered[0]


def language() -> str:
    """Return the language of the present request, 'zh' or 'en'."""
    locale = _babel_locale()
    return str(locale.language) if locale is not None else "zh"


def compile_stale() -> list[Path]:
    """Compile catalogues whose source is newer; ``make setup`` does the same, this spares it to authors."""
    compiled = []
    for source in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        if not os.access(source.parent, os.W_OK):
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        # Two processes may start at once: each writes its own file and moves it into place.
        with NamedTemporaryFile(dir=source.parent, suffix=".new", delete=False) as fresh:
            write_mo(fresh, catalog)
        Path(fresh.name).replace(target)
        compiled.append(target)
    return compiled
