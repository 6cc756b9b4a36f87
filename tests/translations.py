"""What pages say and what the catalogues have: shared by the test and by ``python -m tests.words_missing``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

PROJECT = Path(__file__).resolve().parent.parent
CATALOGUES = PROJECT / "outreach" / "translations"
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "_n": (1, 2),
    "ngettext": (1, 2),
}
SOURCES = {
    "outreach": [("**.py", "python")],
    "templates": [("**.html", "jinja2.ext:babel_extract")],
}
GAP = re.compile(r"%\((\w+)\)[sd]")

Said = str | tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """One text that some page says."""

    msgid: Said
    where: str

    @property
    def key(self) -> str:
        """The text by which catalogues find it (of a plural: its singular)."""
        return self.msgid if isinstance(self.msgid, str) else self.msgid[0]


@cache
def said() -> tuple[Words, ...]:
    """Return every text of code and templates, each once, with a place where it stands."""
    found: dict[str, Words] = {}
    for folder, methods in SOURCES.items():
        options = (
            {methods[0][0]: {"silent": "false", "trimmed": "true"}} if folder == "templates" else {}
        )
        for name, line, msgid, _comments, _context in extract_from_dir(
            PROJECT / folder, method_map=methods, options_map=options, keywords=KEYWORDS
        ):
            words = Words(msgid=msgid, where=f"{folder}/{name}:{line}")
            found.setdefault(words.key, words)
    return tuple(found.values())


def catalogues(language: str) -> Iterator[tuple[Path, Catalog]]:
    """Yield the catalogues of a language with their files."""
    for path in sorted((CATALOGUES / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=language)


def translated(language: str) -> dict[str, list[tuple[Path, Message]]]:
    """Return every entry of every catalogue of a language, by its English text."""
    entries: dict[str, list[tuple[Path, Message]]] = defaultdict(list)
    for path, catalogue in catalogues(language):
        for message in catalogue:
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                entries[key].append((path, message))
    return entries


def texts(message: Message) -> list[str]:
    """Return the translations of an entry: one, or one per plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def gaps(text: str) -> set[str]:
    """Return the names of the gaps of a text."""
    return set(GAP.findall(text))
