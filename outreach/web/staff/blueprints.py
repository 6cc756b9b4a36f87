"""The pages of grid workers, callers and clinicians, in one list."""

from __future__ import annotations

from flask import Blueprint

from outreach.web.staff import (
    bookings,
    cards,
    contacts,
    doses,
    family,
    gaps,
    handover,
    held,
    inbox,
    keeping,
    ledger,
    lives,
    people,
    places,
    publicity,
    questions,
    residents,
    sheets,
    simulator,
    speakers,
    stairs,
    trail_words,  # noqa: F401 - imported for the words it adds
    wechat,
    worklist,
)

STAFF: tuple[Blueprint, ...] = (
    worklist.bp,
    wechat.bp,
    handover.bp,
    sheets.bp,
    stairs.bp,
    contacts.bp,
    residents.bp,
    family.bp,
    speakers.bp,
    keeping.bp,
    held.bp,
    lives.bp,
    doses.bp,
    doses.deferrals,
    questions.bp,
    cards.bp,
    bookings.bp,
    places.bp,
    ledger.bp,
    gaps.bp,
    people.bp,
    inbox.bp,
    publicity.bp,
    simulator.bp,
)
