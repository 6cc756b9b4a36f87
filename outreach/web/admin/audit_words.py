"""What acts and subjects of the trail are called; other pages add their own with ``add_act_labels``."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from outreach.web.i18n import _, _l

_ACTS: dict[str, LazyString] = {
    "view": _l("Looked at a person"),
    "export": _l("Took an export"),
    "login": _l("Signed in"),
    "login_failed": _l("Sign-in refused"),
    "password_set": _l("Set a password"),
    "user_added": _l("Added an account"),
    "user_renamed": _l("Renamed an account"),
    "user_closed": _l("Closed an account"),
    "user_reopened": _l("Reopened an account"),
    "role_granted": _l("Gave a right"),
    "role_revoked": _l("Took a right back"),
    "link_made_first_administrator": _l("Made a first-administrator link"),
    "link_made_invitation": _l("Made an invitation link"),
    "link_made_reset": _l("Made a password link"),
    "link_used_first_administrator": _l("Used a first-administrator link"),
    "link_used_invitation": _l("Accepted an invitation"),
    "link_used_reset": _l("Used a password link"),
    "areas_added": _l("Added areas"),
    "boundaries_set": _l("Set boundaries of areas"),
    "area_changed": _l("Changed an area"),
    "area_closed": _l("Closed an area"),
    "area_reopened": _l("Reopened an area"),
    "place_changed": _l("Changed the place setting"),
    "audit_checked": _l("Checked the audit trail"),
    "clock_moved": _l("Moved the demo clock"),
}
_SUBJECTS: dict[str, LazyString] = {
    "user": _l("account"),
    "resident": _l("person"),
    "area": _l("area"),
    "place": _l("place"),
    "audit": _l("audit trail"),
}
_ACTORS: dict[str, LazyString] = {
    "system": _l("System"),
    "worker": _l("Worker process"),
    "field_link": _l("Field link"),
    "family_link": _l("Family link"),
    "provider": _l("Message provider"),
}


def add_act_labels(
    acts: Mapping[str, LazyString], subjects: Mapping[str, LazyString] | None = None
) -> None:
    """Say what further acts (and kinds of subject) are called."""
    _ACTS.update(acts)
    _SUBJECTS.update(subjects or {})


def act_label(act: str) -> str:
    """Return what an act is called; an unknown one shows its own name."""
    label = _ACTS.get(act)
    return str(label) if label is not None else act.replace("_", " ")


def subject_label(kind: str, subject_id: int | None, names: Mapping[int, str]) -> str:
    """Return what kind of thing was acted upon, with its number (of an account: its name)."""
    if kind == "user" and subject_id is not None and subject_id in names:
        return names[subject_id]
    label = _SUBJECTS.get(kind)
    name = str(label) if label is not None else kind.replace("_", " ")
    return f"{name} {subject_id}" if subject_id is not None else name


def actor_label(user_id: int | None, actor: str, names: Mapping[int, str]) -> str:
    """Return who acted."""
    if user_id is not None:
        return names.get(user_id, _("Account %(number)s", number=user_id))
    label = _ACTORS.get(actor)
    return str(label) if label is not None else actor
