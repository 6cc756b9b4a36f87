"""Prints what no Chinese catalogue has yet, as .po text: ``python -m tests.words_missing [folder]``."""

from __future__ import annotations

import sys

from tests.translations import Words, said, translated


def quoted(text: str) -> str:
    """Return a text as a .po file writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def entry(words: Words) -> str:
    """Return an empty entry for a text."""
    if isinstance(words.msgid, str):
        return f'#: {words.where}\nmsgid {quoted(words.msgid)}\nmsgstr ""\n'
    one, many = words.msgid[:2]
    return f'#: {words.where}\nmsgid {quoted(one)}\nmsgid_plural {quoted(many)}\nmsgstr[0] ""\n'


def main() -> None:
    """Print what is missing, all of it or of files whose path contains the argument."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    have = translated("zh")
    for words in said():
        if words.key not in have and wanted in words.where:
            sys.stdout.write(entry(words) + "\n")


if __name__ == "__main__":
    main()
