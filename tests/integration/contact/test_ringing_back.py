"""Who rang, who feels bad and who is told: what puts a person on somebody's list at once."""

from __future__ import annotations

from datetime import time, timedelta

from sqlalchemy import select

from outreach.accounts.rules import EVERYWHERE
from outreach.contact.codes import Channel, InboundState, Meaning
from outreach.contact.message_models import InboundMessage
from outreach.contact.priority import Why
from outreach.contact.questions import QuestionDraft, people_unwell
from outreach.contact.worklist import worklist
from outreach.db import Database
from outreach.ledger.models import ContactPerson
from outreach.ports.messages import InboundText
from outreach.workflows.answer_question import answer_question, ask_question
from outreach.workflows.hear import hear
from outreach.workflows.log_contact import log_contact
from outreach.workflows.question_sheet import answers_to_read, asked_questions
from tests.builders.contact import note
from tests.builders.ledger import NOW, TODAY, Village, add_elders, elder, entry_of


def _missed_call(number: str = "+8613900000002") -> InboundText:
    return InboundText("console", "call-1", number, "", channel="voice")


def test_moment_3j_a_missed_call_from_a_known_number_asks_to_be_rung_back(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        entry_id = entry_of(session, zhao).id
        first = note(entry_id, "C03", next_contact_on=TODAY + timedelta(days=7))
        log_contact(session, notes=[first], by=village.worker, is_clinician=False, now=NOW)
        assert not worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW).items
        hear(session, inbound=_missed_call(), now=NOW)
        [item] = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW).items
        assert item.reasons[0].why is Why.RING_BACK
        nobody = note(entry_id, "C09")
        log_contact(session, notes=[nobody], by=village.worker, is_clinician=False, now=NOW)
        [still] = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW).items
        assert Why.RING_BACK in {reason.why for reason in still.reasons}
        spoke = note(entry_id, "C03", next_contact_on=TODAY + timedelta(days=7))
        log_contact(session, notes=[spoke], by=village.worker, is_clinician=False, now=NOW)
        assert not worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW).items
        heard = session.scalars(select(InboundMessage)).one()
        assert heard.state is InboundState.READ


def test_moment_3j_a_shared_phone_puts_both_on_the_list(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, qian = add_elders(session, village, elder(village), elder(village, "钱守义"))
        hear(session, inbound=_missed_call(), now=NOW)
        items = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW).items
        assert {i.resident_id for i in items if i.reasons[0].why is Why.RING_BACK} == {zhao, qian}


def test_moment_3j_the_hours_that_were_asked_for_drive_the_list(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        later, now = add_elders(
            session,
            village,
            elder(village, "下午好", address="甲路1号"),
            elder(village, "上午好", address="乙路2号"),
        )
        for resident_id, begins, ends in ((later, time(15), time(17)), (now, time(8), time(11))):
            for person in session.scalars(
                select(ContactPerson).where(ContactPerson.resident_id == resident_id)
            ):
                person.preferred_from, person.preferred_until = begins, ends
        session.flush()
        morning = NOW.replace(hour=2)  # ten o'clock where they live
        items = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=morning).items
        assert [item.resident_id for item in items] == [now, later]


def test_moment_3g_who_feels_bad_stands_first_on_the_workers_list_until_a_clinician_answered(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        zhao, _other = add_elders(
            session, village, elder(village), elder(village, "钱守义", address="乙路2号")
        )
        draft = QuestionDraft(resident_id=zhao, text="打完头晕", is_urgent=True)
        asked = ask_question(session, draft=draft, now=NOW)
        found = people_unwell(session, scope=EVERYWHERE, now=NOW)
        assert found is not None
        assert (found.people, found.due_at - NOW) == (1, timedelta(hours=1))
        late = people_unwell(session, scope=EVERYWHERE, now=NOW + timedelta(minutes=61))
        assert late is not None
        assert late.is_overdue
        first = worklist(session, user_id=None, scope=EVERYWHERE, day=TODAY, now=NOW).items[0]
        assert (first.resident_id, first.reasons[0].why) == (zhao, Why.UNWELL)
        answer_question(
            session, question_id=asked.id, answer="躺下休息", by=village.doctor, now=NOW
        )
        assert people_unwell(session, scope=EVERYWHERE, now=NOW) is None


def test_the_worker_is_told_of_an_answer_that_went_out_by_itself(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        [zhao] = add_elders(session, village)
        draft = QuestionDraft(
            resident_id=zhao, text="能打吗", answer_by=Channel.SMS, asked_by=village.worker
        )
        asked = ask_question(session, draft=draft, now=NOW)
        answer_question(session, question_id=asked.id, answer="可以", by=village.doctor, now=NOW)
        assert answers_to_read(session, scope=EVERYWHERE, now=NOW) == 1
        [line] = asked_questions(session, scope=EVERYWHERE, now=NOW, only_open=True)
        assert (line.answer, line.went_out_by_itself) == ("可以", True)
        later = NOW + timedelta(days=4)
        assert answers_to_read(session, scope=EVERYWHERE, now=later) == 0


def test_a_missed_call_says_nothing_that_could_be_misunderstood(
    database: Database, village: Village
) -> None:
    with database.write() as session:
        add_elders(session, village)
        heard = hear(session, inbound=_missed_call(), now=NOW)
        assert (heard.meaning, heard.state) == (Meaning.UNCLEAR, InboundState.WAITING)
