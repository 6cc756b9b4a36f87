"""The resident's page: everything on one person, masked, with the rule behind each date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from outreach.accounts.rules import EVERYWHERE, Scope
from outreach.db import Database
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import EntryStatus
from outreach.ledger.stays import StayDraft, add_stay
from outreach.places.models import Address, Area
from outreach.workflows.log_contact import log_contact
from outreach.workflows.person_card import person_card
from outreach.workflows.record_dose import record_dose
from tests.builders.contact import note
from tests.builders.ledger import NOW, TODAY, Village, add_elders, dose, elder, entry_of


def test_the_card_says_who_to_call_what_is_due_and_why(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, _ = add_elders(
            session,
            village,
            elder(village, id_number="410103193503080028"),
            elder(village, "钱守义"),
        )
        for day in (date(2021, 7, 1), date(2021, 8, 5)):
            record_dose(session, draft=dose(village, zhao, day), by=village.worker, now=NOW)
        entry = entry_of(session, zhao)
        log_contact(
            session,
            notes=[note(entry.id, "C03", next_contact_on=TODAY + timedelta(days=3))],
            by=village.worker,
            is_clinician=False,
            now=NOW,
        )
        card = person_card(session, resident_id=zhao, scope=EVERYWHERE, now=NOW)
    assert card.age == 91
    assert card.id_masked == "41************0028"
    assert card.call_first is not None
    assert card.call_first.masked == "139****0001"
    [line] = card.lines
    assert line.status is EntryStatus.CONSIDERING
    assert line.doses_counted == 2
    assert line.due is not None
    assert line.due.on == date(2021, 11, 5)
    assert line.due.source
    assert [d.evaluation.number for d in card.doses if d.evaluation] == [2, 1]
    assert [member.name for member in card.household] == ["钱守义"]
    assert {m.kind for m in card.timeline} >= {"status", "contact", "dose"}
    assert all(m.by_name == "worker" for m in card.timeline if m.kind == "contact")


def test_a_person_of_another_community_is_not_there(database: Database, village: Village) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        other = session.get_one(Area, village.other_community_id)
        scope = Scope(paths=(other.path,), named_paths=(other.path,))
        with pytest.raises(NotFound):
            person_card(session, resident_id=zhao, scope=scope, now=NOW)
        with pytest.raises(NotFound):
            person_card(session, resident_id=zhao + 99, scope=scope, now=NOW)


def test_moment_2b_the_staying_community_sees_her_without_owning_the_line(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        home = Address(text="兴华南街27号院2号楼", area_id=village.other_community_id)
        session.add(home)
        session.flush()
        add_stay(
            session,
            draft=StayDraft(
                resident_id=zhao,
                address_id=home.id,
                community_id=village.other_community_id,
                from_on=TODAY,
                until_on=TODAY + timedelta(days=20),
            ),
            by=village.worker,
            now=NOW,
        )
        other = session.get_one(Area, village.other_community_id)
        scope = Scope(paths=(other.path,), named_paths=(other.path,))
        card = person_card(session, resident_id=zhao, scope=scope, now=NOW)
        assert card.stays[0].is_now
        assert card.community_id == village.community_id
        later = NOW + timedelta(days=21)
        with pytest.raises(NotFound):
            person_card(session, resident_id=zhao, scope=scope, now=later)
