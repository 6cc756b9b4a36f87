"""A visit as a calendar entry (RFC 5545), so that a child's phone reminds by itself (moment 5m)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

STAY = timedelta(hours=1)
LONGEST_LINE = 70


def calendar_entry(
    *,
    uid: str,
    starts_at: datetime,
    title: str,
    where: str,
    notes: str,
    version: int,
    now: datetime,
) -> str:
    """Return the text of an .ics file with one event; a newer version replaces an older one."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//outreach//visit//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SEQUENCE:{version}",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(starts_at)}",
        f"DTEND:{_stamp(starts_at + STAY)}",
        f"SUMMARY:{_escaped(title)}",
        f"LOCATION:{_escaped(where)}",
        f"DESCRIPTION:{_escaped(notes)}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT2H",
        f"DESCRIPTION:{_escaped(title)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, safe)
    return text.replace("\r", "")


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 bytes, never parting a character."""
    pieces, piece = [], ""
    for character in line:
        if len((piece + character).encode()) > LONGEST_LINE:
            pieces.append(piece)
            piece = " "
        piece += character
    return "\r\n".join([*pieces, piece]) + "\r\n"
