"""Reading an area tree that someone typed or pasted from a spreadsheet."""

from __future__ import annotations

import re

from outreach.kernel.errors import InvalidInput

CUT = re.compile(r"[\t/>／＞]")
WIDTHS = {"\t": 4, "\u3000": 2, " ": 1}
LONGEST_NAME = 60

Path = tuple[str, ...]


def read_area_text(text: str, *, most_levels: int) -> list[Path]:
    """Return every area of the text as its path from the top, parents before children, each once.

    Children stand indented below their parent, or after it on the line, parted by a slash, ``>`` or a
    tab; a cell left empty at the start of a pasted row means "as above".
    """
    paths: dict[Path, None] = {}
    above: Path = ()
    indents: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        names = [part.strip() for part in CUT.split(line.strip())]
        names = [name for name in names if name]
        if not names:
            continue
        depth = _depth(line, indents)
        if depth > len(above):
            raise InvalidInput("area_line_deep", field="text", line=number)
        above = (*above[:depth], *names)
        if len(above) > most_levels:
            raise InvalidInput("area_line_levels", field="text", line=number, most=most_levels)
        if any(len(name) > LONGEST_NAME for name in names):
            raise InvalidInput("text_long", field="text", longest=LONGEST_NAME)
        for length in range(1, len(above) + 1):
            paths.setdefault(above[:length])
    if not paths:
        raise InvalidInput("area_text_empty", field="text")
    return list(paths)


def _depth(line: str, indents: list[int]) -> int:
    """Return at which level the line begins: leading tabs count by themselves, spaces by comparison."""
    leading = line[: len(line) - len(line.lstrip())]
    if leading and set(leading) == {"\t"}:
        return len(leading)
    width = sum(WIDTHS.get(sign, 1) for sign in leading)
    while indents and indents[-1] >= width:
        indents.pop()
    indents.append(width)
    return len(indents) - 1
