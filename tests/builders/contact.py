"""Contacts for tests."""

from __future__ import annotations

from datetime import datetime

from outreach.contact.attempts import AttemptDraft
from outreach.contact.codes import Channel
from outreach.workflows.log_contact import ContactNote
from tests.builders.ledger import NOW


def note(
    entry_id: int,
    outcome: str,
    *,
    at: datetime = NOW,
    channel: Channel = Channel.CALL,
    question: str = "",
    phone_id: int | None = None,
    **changes: object,
) -> ContactNote:
    """Return a contact with the compulsory parts of its outcome filled in."""
    parts: dict[str, object] = {}
    if outcome == "C04":
        parts = {"reasons": ("H02",), "main_reason": "H02"}
    if outcome in {"C07", "C20"}:
        parts = {"note": "说在外地打过"}
    if outcome == "C13":
        parts = {"life_kind": "hospital"}
    if outcome == "C18":
        channel = Channel.VISIT
    if outcome in {"C16", "C17"}:
        channel = Channel.SMS
    if outcome == "C05" and not question:
        question = "有高血压能打吗?"
    draft = AttemptDraft(
        entry_id=entry_id,
        channel=channel,
        outcome=outcome,
        at=at,
        **(parts | changes),  # type: ignore[arg-type]
    )
    return ContactNote(attempt=draft, question=question, phone_id=phone_id)
