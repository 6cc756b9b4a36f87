"""The wording of error codes: what went wrong and what to do, in the reader's language.

Each area of pages adds its own codes with ``add_messages`` beside its views. Texts are message ids of
the catalogues; ``%(name)s`` gaps are filled from the error's facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from outreach.kernel.errors import OutreachError
from outreach.web.error_words import WORDS
from outreach.web.i18n import _, _l

MESSAGES: dict[str, LazyString] = {
    # whole requests
    "not_found": _l("This page does not exist, or it lies outside your area."),
    "not_allowed": _l("Your account does not have the right to do this. Ask your administrator."),
    "route_without_right": _l("This page is not open to anybody."),
    "sign_in_needed": _l("Please sign in."),
    "screen_locked": _l("The screen is locked. Enter your password to go on."),
    "stale_version": _l(
        "Someone else changed this while you were looking at it. Nothing of yours was saved: "
        "look at the new state and repeat what is still needed."
    ),
    "too_many_tries": _l("Too many tries. Please wait %(minutes)s minutes and try again."),
    "from_elsewhere": _l("This request came from another site and was refused. Nothing changed."),
    "csrf": _l(
        "This page was open for too long or in another window. Nothing was saved: load it again "
        "and repeat the last step."
    ),
    "upload_too_large": _l("The file is larger than %(most)s MB. Nothing was taken over."),
    "bad_request": _l("The request could not be understood. Nothing changed."),
    "method_not_allowed": _l("This address cannot be used this way. Nothing changed."),
    "busy": _l("The database is busy. Nothing was saved: please try again in a few seconds."),
    "broken": _l("Something went wrong on our side. Nothing was saved. Error number: %(number)s"),
    "move_not_allowed": _l("This step does not fit the present state."),
    "place_missing": _l("This installation is empty: run “python -m outreach init” first."),
    "invalid_input": _l("A value cannot be read."),
    "form_refused": _l("Please look at the marked fields."),
    # fields
    "field_required": _l("Please fill this in."),
    "text_long": _l("At most %(longest)s characters."),
    "control_characters": _l(
        "This text contains invisible control characters. Please type it anew."
    ),
    "not_a_number": _l("Please enter a number."),
    "not_a_date": _l("Please enter a date such as 2026-11-26."),
    "not_a_time": _l("Please enter a time such as 08:30."),
    "not_in_list": _l("Please choose one of the offered values."),
    "number_small": _l("At least %(least)s."),
    "number_large": _l("At most %(most)s."),
    "number_out_of_range": _l("Between %(least)s and %(most)s."),
    # accounts
    "sign_in_refused": _l("The user name or the password is wrong."),
    "link_dead": _l("This link was used already or is too old. Ask for a new one."),
    "username_form": _l("2 to 40 letters, digits, dots, dashes or underscores."),
    "username_taken": _l("This user name is taken."),
    "name_missing": _l("Please enter a name."),
    "password_short": _l("At least 10 characters. A short sentence is easy to remember."),
    "password_long": _l("At most 200 characters."),
    "password_about_you": _l("The password must not contain your name or user name."),
    "password_pattern": _l(
        "This is a pattern that is guessed first. Use a short sentence instead."
    ),
    "password_number": _l("A phone, identity or other number alone is guessed first."),
    "password_known": _l("This is one of the passwords that are guessed first."),
    "password_wrong": _l("The current password is wrong."),
    "passwords_differ": _l("The two passwords are not the same."),
    "user": _l("This account does not exist, or it lies outside your area."),
    "grant": _l("This right does not exist any more."),
    "last_administrator": _l("Somebody else must be an administrator before this right can go."),
    "not_yourself": _l("Another administrator has to change your own account and rights."),
    "idle_minutes": _l("Between 1 and 60 minutes."),
    # places
    "area": _l("This area does not exist, or it lies outside your own."),
    "grid_has_no_children": _l("A grid is the lowest level; nothing can stand below it."),
    "no_street_yet": _l("Add a street first: communities stand below streets."),
    "point_impossible": _l("This point is not on the map."),
    "area_taken": _l("An area of this name stands here already."),
    "area_in_use": _l("People are registered here or below; move them first."),
    "area_line_deep": _l(
        "Line %(line)s is indented deeper than one level below the line above it."
    ),
    "area_line_levels": _l("Line %(line)s has more than %(most)s levels."),
    "area_text_empty": _l("No line was found. One area per line, children indented."),
    "time_zone_unknown": _l("This time zone is not known. Example: Asia/Shanghai"),
    "hours_order": _l("The hours must follow each other."),
    "clock_backwards": _l("The demo clock only moves forward. “make demo” begins anew."),
    "demo_only": _l("This is only possible in a demo place."),
    "demo_nobody": _l("Nobody in this demo place has that role yet."),
}


def add_messages(messages: Mapping[str, LazyString]) -> None:
    """Add the wording of further codes; a code that is worded already keeps its first wording."""
    for code, text in messages.items():
        MESSAGES.setdefault(code, text)


def word(code: str, facts: Mapping[str, object] | None = None) -> str:
    """Return what to tell the user about an error code."""
    text = MESSAGES.get(code, WORDS.get(code))
    if text is None:
        return str(_("This cannot be done (%(code)s). Nothing changed.", code=code))
    gaps: defaultdict[str, object] = defaultdict(lambda: "…")
    gaps.update(facts or {})
    return str(text) % gaps


def word_error(error: OutreachError) -> str:
    """Return what to tell the user about an error."""
    return word(error.code, error.facts)
