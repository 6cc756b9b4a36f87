"""A superior's own Excel form (moment 6a): found, mapped, checked for changes, and filled in place.

A workbook is a zip of XML: only the mapped cells of its first sheet are rewritten, so formulas, merges,
styles and everything else stay as the superior made them. Values cached by formulas are dropped and the
workbook is marked to be computed anew when it is opened.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from defusedxml.ElementTree import fromstring, iterparse  # type: ignore[import-untyped]

from outreach.kernel.errors import OutreachError
from outreach.oversight.codes import DEFINITIONS, Figure

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
IGNORABLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"
SHEET = "xl/worksheets/sheet1.xml"
UNPACKED_AT_MOST = 40 * 1024 * 1024
CELLS_AT_MOST = 50_000
REFERENCE = re.compile(r"^([A-Z]{1,3})([1-9]\d{0,5})$")


class FormUnreadable(OutreachError):
    """The file is no Excel workbook that we can fill."""


class FormChanged(OutreachError):
    """The form is not the one that was mapped; ``facts['moved']`` says what moved where."""

    status = 409


@dataclass(frozen=True, slots=True)
class FilledCell:
    """One cell of the form and the figure that goes into it."""

    cell: str
    figure: str
    area_id: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A word of the form that is not where it was; ``now`` is empty when it is gone."""

    text: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class FormSheet:
    """The first sheet of a form: the words in it, and which cells hold formulas."""

    texts: dict[str, str]
    formulas: frozenset[str]

    def find(self, text: str) -> str:
        """Return where a text stands now, or an empty string."""
        return next((ref for ref, value in self.texts.items() if value == text), "")


def place(reference: str) -> tuple[int, int]:
    """Return row and column of 'B5', counted from 1; FormUnreadable for anything else."""
    found = REFERENCE.match(reference)
    if found is None:
        raise FormUnreadable("cell_reference", field="cells")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def reference(row: int, column: int) -> str:
    """Return 'B5' for row 5 and column 2."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def open_form(content: bytes) -> FormSheet:
    """Read the first sheet of a form; FormUnreadable when it is none or too large."""
    parts = _unpack(content)
    strings = _shared_strings(parts.get("xl/sharedStrings.xml"))
    texts: dict[str, str] = {}
    formulas = set()
    for cell in fromstring(parts[SHEET]).iter(f"{{{MAIN}}}c"):
        ref = cell.get("r", "")
        if cell.find(f"{{{MAIN}}}f") is not None:
            formulas.add(ref)
        text = _text(cell, strings)
        if text:
            texts[ref] = text
        if len(texts) > CELLS_AT_MOST:
            raise FormUnreadable("form_large", field="file")
    return FormSheet(texts, frozenset(formulas))


def _unpack(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > UNPACKED_AT_MOST:
                raise FormUnreadable("form_large", field="file")
            parts = {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise FormUnreadable("form_unreadable", field="file") from error
    if SHEET not in parts or "xl/workbook.xml" not in parts:
        raise FormUnreadable("form_unreadable", field="file")
    return parts


def _shared_strings(part: bytes | None) -> list[str]:
    if part is None:
        return []
    return [
        "".join(t.text or "" for t in item.iter(f"{{{MAIN}}}t"))
        for item in fromstring(part).iter(f"{{{MAIN}}}si")
    ]


def _text(cell: Element, strings: list[str]) -> str:
    value = cell.find(f"{{{MAIN}}}v")
    if cell.get("t") == "s" and value is not None and value.text:
        return strings[int(value.text)].strip()
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{{{MAIN}}}t")).strip()
    if cell.get("t") == "str" and value is not None:
        return (value.text or "").strip()
    return ""


def suggest(sheet: FormSheet, units: Mapping[str, int]) -> list[FilledCell]:
    """Return the cells that heading and row label explain: a figure's name above, a unit's name beside."""
    figures = {word: code for code, word in _figure_words()}
    columns: dict[int, str] = {}
    rows: dict[int, int] = {}
    for ref, text in sheet.texts.items():
        row, column = place(ref)
        word = re.sub(r"[\s（(].*$", "", text)
        if word in figures:
            columns[column] = figures[word]
        if text in units:
            rows[row] = units[text]
    return [
        FilledCell(reference(row, column), figure, area_id)
        for row, area_id in sorted(rows.items())
        for column, figure in sorted(columns.items())
        if reference(row, column) not in sheet.formulas
    ]


def _figure_words() -> Iterable[tuple[str, str]]:
    for figure in Figure:
        label = DEFINITIONS[figure].label
        yield str(figure), label.zh
        yield str(figure), label.zh + "人数"
        yield str(figure), label.en


def marks_of(sheet: FormSheet, cells: Iterable[FilledCell]) -> dict[str, str]:
    """Return the words above and left of the mapped cells: by them a changed form is noticed."""
    marks: dict[str, str] = {}
    for filled in cells:
        row, column = place(filled.cell)
        for ref in (
            *(reference(r, column) for r in range(row - 1, 0, -1)),
            *(reference(row, c) for c in range(column - 1, 0, -1)),
        ):
            if ref in sheet.texts:
                marks[ref] = sheet.texts[ref]
    return marks


def moved(marks: Mapping[str, str], sheet: FormSheet) -> list[Moved]:
    """Return the words that are not where they were when the form was mapped."""
    return [
        Moved(text, ref, sheet.find(text))
        for ref, text in marks.items()
        if sheet.texts.get(ref) != text
    ]


def fill(content: bytes, values: Mapping[str, float], *, marks: Mapping[str, str]) -> bytes:
    """Return the form with these cells filled; FormChanged when it is not the form that was mapped."""
    sheet = open_form(content)
    changes = moved(marks, sheet)
    if changes:
        told = "; ".join(f"{m.text}: {m.was} → {m.now or '–'}" for m in changes[:10])
        raise FormChanged("form_changed", moved=told)
    if sheet.formulas & values.keys():
        raise FormUnreadable("form_formula", field="cells")
    parts = _unpack(content)
    parts[SHEET] = _filled(parts[SHEET], values)
    parts["xl/workbook.xml"] = _to_compute(parts["xl/workbook.xml"])
    parts.pop("xl/calcChain.xml", None)
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        if name in parts:
            parts[name] = re.sub(
                rb"<(Override|Relationship)[^>]*calcChain[^>]*/>", b"", parts[name]
            )
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def _filled(part: bytes, values: Mapping[str, float]) -> bytes:
    root = _parse_keeping_names(part)
    rows = {int(row.get("r", "0")): row for row in root.iter(f"{{{MAIN}}}row")}
    data = root.find(f"{{{MAIN}}}sheetData")
    assert data is not None  # noqa: S101 - open_form has read this sheet
    for ref, value in values.items():
        number, column = place(ref)
        if number not in rows:
            rows[number] = Element(f"{{{MAIN}}}row", {"r": str(number)})
            before = sum(1 for row in data if int(row.get("r", "0")) < number)
            data.insert(before, rows[number])
        _put(_cell(rows[number], ref, column), value)
    for cell in root.iter(f"{{{MAIN}}}c"):
        if cell.find(f"{{{MAIN}}}f") is not None:
            for cached in cell.findall(f"{{{MAIN}}}v"):
                cell.remove(cached)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + tostring(root)


def _cell(row: Element, ref: str, column: int) -> Element:
    before = 0
    for cell in row:
        here = place(cell.get("r", "A1"))[1]
        if here == column:
            return cell
        before += here < column
    made = Element(f"{{{MAIN}}}c", {"r": ref})
    row.insert(before, made)
    return made


def _put(cell: Element, value: float) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    SubElement(cell, f"{{{MAIN}}}v").text = f"{value:g}" if value % 1 else str(int(value))


def _to_compute(part: bytes) -> bytes:
    root = _parse_keeping_names(part)
    calc = root.find(f"{{{MAIN}}}calcPr")
    if calc is None:
        calc = SubElement(root, f"{{{MAIN}}}calcPr")
    calc.set("fullCalcOnLoad", "1")
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + tostring(root)


def _parse_keeping_names(part: bytes) -> Element:
    for _event, (prefix, address) in iterparse(BytesIO(part), events=("start-ns",)):
        if not re.fullmatch(r"ns\d+", prefix):
            register_namespace(prefix, address)
    root: Element = fromstring(part)
    # It names prefixes that are not written out when nothing uses them, which Excel takes for damage.
    root.attrib.pop(IGNORABLE, None)
    return root
