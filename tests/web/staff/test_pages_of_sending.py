"""The pages from which sending is steered: what an administrator does there, and what others may not."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.campaigns.models import Campaign
from outreach.contact.cadences import cadence_lines
from outreach.contact.claims import sending_control
from outreach.contact.codes import Channel, MessageState, OptOutScope, Purpose, Step
from outreach.contact.message_models import (
    CadenceStep,
    Experiment,
    Message,
    OptOut,
    SimulatedText,
    TrialNumber,
    Wording,
)
from outreach.contact.outbox import Draft, queue
from outreach.contact.wordings import seed_wordings
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.tasks.models import Task
from tests.builders.town import NOW, Town
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn

Row = TypeVar("Row", TrialNumber, Task, OptOut, Experiment)
NUMBER = "+8613800000002"  # of two people of the first community


@pytest.fixture
def boss(sign_in: SignIn, town_database: Database) -> FlaskClient:
    with town_database.write() as session:
        seed_wordings(session, now=NOW)
    return sign_in("administrator")


def put(database: Database, town: Town, *, purpose: Purpose = Purpose.NUDGE, **more: object) -> int:
    """Queue one message to a number of the town."""
    step = Step.INVITE if purpose is Purpose.NUDGE else Step.T_MINUS_1
    values: dict[str, object] = {
        "to_whom": "c1",
        "step": step,
        "purpose": purpose,
        "channel": Channel.SMS,
        "subject_kind": "entry",
        "subject_id": 1,
        "number": NUMBER,
        "body": "【社区】您好",
        "due_at": NOW + timedelta(hours=1),
        "campaign_id": town.campaign_id,
        "resident_id": town.resident("li"),
    }
    with database.write() as session:
        (made,) = queue(session, drafts=[Draft(**(values | more))], now=NOW)  # type: ignore[arg-type]
    return made


def rows(database: Database, kind: type[Row]) -> list[Row]:
    """Return every row of a table, to be read after its session."""
    with database.read() as session:
        found = list(session.scalars(select(kind)))
        session.expunge_all()
        return found


def message(database: Database, message_id: int) -> Message:
    with database.read() as session:
        row = session.get_one(Message, message_id)
        session.expunge(row)
        return row


class TestSending:
    def test_a_campaign_is_paused_resumed_and_ended_with_the_consequence_named(
        self, boss: FlaskClient, town: Town, town_database: Database
    ) -> None:
        waiting = put(town_database, town)
        page = text_of(boss.get("/admin/sending"))
        assert "1 waiting invitation is taken back for good" in page
        boss.post(f"/admin/sending/{town.campaign_id}/pause")
        with town_database.read() as session:
            assert session.get_one(Campaign, town.campaign_id).sending_paused_at is not None
        boss.post(f"/admin/sending/{town.campaign_id}/resume")
        boss.post(f"/admin/sending/{town.campaign_id}/cancel")
        with town_database.read() as session:
            campaign = session.get_one(Campaign, town.campaign_id)
            assert campaign.sending_paused_at is None
            assert campaign.sending_cancelled_at is not None
        assert message(town_database, waiting).state is MessageState.CANCELLED
        boss.post(f"/admin/sending/{town.campaign_id}/allow")
        assert message(town_database, waiting).state is MessageState.CANCELLED

    def test_everything_stops_with_a_reason_and_goes_on(
        self, boss: FlaskClient, town_database: Database
    ) -> None:
        assert boss.post("/admin/sending/pause", data={}).status_code == 422
        boss.post("/admin/sending/pause", data={"reason": "错发短信"})
        with town_database.read() as session:
            assert sending_control(session).paused_reason == "错发短信"
        assert "错发短信" in text_of(boss.get("/admin/attention"))
        boss.post("/admin/sending/resume")
        with town_database.read() as session:
            assert sending_control(session).paused_at is None

    def test_trial_mode_and_its_numbers(self, boss: FlaskClient, town_database: Database) -> None:
        bad = boss.post("/admin/sending/numbers", data={"label": "值班", "number": "12"})
        assert bad.status_code == 422
        boss.post("/admin/sending/numbers", data={"label": "值班", "number": "13800000077"})
        boss.post("/admin/sending/trial", data={"is_trial": "1"})
        page = text_of(boss.get("/admin/sending"))
        assert "值班" in page
        assert "13800000077" not in page, "listed numbers are masked"
        with town_database.read() as session:
            assert sending_control(session).is_trial
        (row,) = rows(town_database, TrialNumber)
        boss.post(f"/admin/sending/numbers/{row.id}/drop")
        assert boss.post(f"/admin/sending/numbers/{row.id}/drop").status_code == 404

    def test_how_long_words_are_kept_is_set_within_bounds(
        self, boss: FlaskClient, town_database: Database
    ) -> None:
        keep = {"keep_days": "3", "part_price": "0.05"}
        assert boss.post("/admin/sending/keeping", data=keep).status_code == 422
        boss.post("/admin/sending/keeping", data=keep | {"keep_days": "90"})
        with town_database.read() as session:
            control = sending_control(session)
            assert (control.keep_days, control.part_price_micros) == (90, 50_000)

    @pytest.mark.parametrize("who", ["worker", "leader", "clinician"])
    def test_others_do_not_steer(self, sign_in: SignIn, town: Town, who: str) -> None:
        client = sign_in(who)
        for path in ("/admin/sending", "/admin/wordings", "/admin/cadences", "/admin/gateways"):
            assert client.get(path).status_code == 403
        assert client.post(f"/admin/sending/{town.campaign_id}/pause").status_code == 403


class TestWordings:
    def edit(self, **more: object) -> dict[str, object]:
        return {
            "step": "booked",
            "channel": "sms",
            "language": "zh",
            "body": "{who}的预约：{day}{time}，{site}。{reply_hint}",
            "do": "save",
            **more,
        }

    def test_a_new_version_is_in_force_and_the_old_one_can_come_back(
        self, boss: FlaskClient, town_database: Database
    ) -> None:
        boss.post("/admin/wordings/edit", data=self.edit())
        with town_database.read() as session:
            question = select(Wording).where(
                Wording.step == Step.BOOKED, Wording.language == "zh", Wording.campaign_id.is_(None)
            )
            old, new = session.scalars(question.order_by(Wording.version)).all()
            assert (old.is_active, new.is_active, new.version) == (False, True, 2)
            old_id = old.id
        boss.post(f"/admin/wordings/{old_id}/back")
        page = text_of(boss.get("/admin/wordings/edit?step=booked&channel=sms&language=zh"))
        assert "3 in force" in page

    def test_fault_49_every_reason_is_named_at_once_and_nothing_is_saved(
        self, boss: FlaskClient, town_database: Database
    ) -> None:
        body = "{who}请看 http://a.cn {nobody} {"
        answer = boss.post("/admin/wordings/edit", data=self.edit(body=body))
        page = text_of(answer)
        assert answer.status_code == 422
        assert "{nobody} is no gap of this step" in page
        assert "carries no links" in page
        assert "A curly bracket stands alone" in page
        with town_database.read() as session:
            versions = session.scalars(
                select(Wording.version).where(Wording.step == Step.BOOKED)
            ).all()
        assert set(versions) == {1}

    def test_fault_50_length_with_signature_and_cost_stand_beside_the_preview(
        self, boss: FlaskClient
    ) -> None:
        boss.post("/admin/sending/keeping", data={"keep_days": "180", "part_price": "0.05"})
        page = text_of(boss.post("/admin/wordings/edit", data=self.edit(do="look")))
        assert "characters with the signature" in page
        assert "0.05" in page or "0.10" in page

    def test_an_invitation_is_previewed_on_real_people_without_their_names(
        self, boss: FlaskClient
    ) -> None:
        body = "{who}，{community}请您接种。{opt_out_hint}"
        data = self.edit(step="invite", body=body, do="look")
        page = text_of(boss.post("/admin/wordings/edit", data=data))
        assert "＊老人" in page
        assert "李" not in page.split("As it arrives")[1].split("Versions")[0]

    def test_moment_3e_no_robot_calls_for_invitations(self, boss: FlaskClient) -> None:
        data = self.edit(step="invite", channel="voice", body="{who}您好")
        assert "never made by an automatic call" in text_of(
            boss.post("/admin/wordings/edit", data=data)
        )

    def test_a_test_goes_to_a_listed_phone_through_the_outbox(
        self, boss: FlaskClient, town_database: Database
    ) -> None:
        boss.post("/admin/sending/numbers", data={"label": "我", "number": "13800000077"})
        with town_database.read() as session:
            number_id = session.scalars(select(TrialNumber.id)).one()
        boss.post("/admin/wordings/edit", data=self.edit(do="test", trial_number=number_id))
        with town_database.read() as session:
            sent = session.scalars(select(Message).where(Message.step == Step.TEST)).one()
            assert sent.state is MessageState.DELIVERED
            assert session.scalars(select(SimulatedText)).one().body.startswith("【")

    def test_a_campaign_has_its_own_words_until_it_returns_to_the_common_ones(
        self, boss: FlaskClient, town: Town, town_database: Database
    ) -> None:
        own = self.edit(campaign=town.campaign_id)
        boss.post("/admin/wordings/edit", data=own)
        page = text_of(boss.get(f"/admin/wordings?campaign={town.campaign_id}"))
        assert "its own" in page
        boss.post("/admin/wordings/common", data=own)
        page = text_of(boss.get(f"/admin/wordings?campaign={town.campaign_id}"))
        assert "its own" not in page


class TestCadences:
    def step(self, **more: object) -> dict[str, object]:
        return {
            "step": "t_minus_1",
            "channel": "sms",
            "offset_days": "-1",
            "at_local": "16:00",
            "audience": "everyone",
            "lasts_hours": "4",
            "is_active": "1",
            **more,
        }

    def at(self, database: Database, campaign_id: int | None) -> str:
        with database.read() as session:
            return next(
                f"{line.rule.at_local:%H:%M}"
                for line in cadence_lines(session, campaign_id=campaign_id)
                if (line.rule.step, line.rule.channel) == (Step.T_MINUS_1, Channel.SMS)
            )

    def test_a_campaign_gets_its_own_hour_and_returns_to_the_common_one(
        self, boss: FlaskClient, town: Town, town_database: Database
    ) -> None:
        boss.post("/admin/cadences/edit", data=self.step(campaign=town.campaign_id))
        assert self.at(town_database, town.campaign_id) == "16:00"
        assert self.at(town_database, None) == "17:00"
        boss.post("/admin/cadences/common", data=self.step(campaign=town.campaign_id))
        assert self.at(town_database, town.campaign_id) == "17:00"

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"at_local": "06:00"}, "People are reached at"),
            ({"offset_days": "3"}, "This step may lie"),
            ({"step": "next_dose_due", "channel": "voice", "offset_days": "0"}, "automatic call"),
            ({"step": "morning", "channel": "voice", "offset_days": "0"}, "no words for this step"),
            ({"step": "t_minus_3", "channel": "voice", "offset_days": "-4"}, "text comes first"),
        ],
    )
    def test_what_the_hour_the_ladder_or_the_route_forbids_is_refused(
        self, boss: FlaskClient, town_database: Database, change: dict[str, str], said: str
    ) -> None:
        answer = boss.post("/admin/cadences/edit", data=self.step(**change))
        assert answer.status_code == 422
        assert said in text_of(answer)
        with town_database.read() as session:
            assert session.scalars(select(CadenceStep.version)).all().count(1) == 8

    def test_replanning_booked_visits_is_asked_once(
        self, boss: FlaskClient, town: Town, town_database: Database
    ) -> None:
        for _time in range(2):
            boss.post("/admin/cadences/replan", data={"campaign": town.campaign_id})
        (task,) = rows(town_database, Task)
        assert (task.kind, task.arguments) == (
            "replan_messages",
            {"campaign_id": town.campaign_id},
        )


class TestRoutesAndHealth:
    def test_the_only_route_cannot_be_taken_out_of_use(self, boss: FlaskClient) -> None:
        assert boss.post("/admin/gateways/console/leave").status_code == 409
        assert boss.post("/admin/gateways/nobody/use").status_code == 404
        assert "console" in text_of(boss.get("/admin/gateways"))

    def test_stuck_rows_say_what_to_do_and_are_done_with_one_click(
        self, boss: FlaskClient, town: Town, town_database: Database
    ) -> None:
        doubt = put(town_database, town, purpose=Purpose.APPOINTMENT, subject_id=1)
        lost = put(town_database, town, purpose=Purpose.APPOINTMENT, subject_id=2)
        with town_database.write() as session:
            row = session.get_one(Message, doubt)
            row.state, row.unknown_since = MessageState.UNKNOWN, real_now()
            session.get_one(Message, lost).state = MessageState.UNRESOLVED
        page = text_of(boss.get("/admin/messages"))
        assert "Fate unknown" in page
        assert "Nobody can say whether it arrived" in page
        boss.post("/admin/messages/ask")
        since = message(town_database, doubt).unknown_since
        assert since is not None
        assert real_now() - since > timedelta(minutes=9)
        assert "They know" in text_of(boss.get("/admin/messages/unresolved"))
        boss.post(f"/admin/messages/{lost}/told", data={"told": "1", "kind": "unresolved"})
        assert message(town_database, lost).state is MessageState.DELIVERED
        assert boss.get("/admin/messages/everything").status_code == 404

    def test_an_administrator_without_the_right_to_names_reads_no_words(
        self, boss: FlaskClient, town: Town, town_database: Database
    ) -> None:
        lost = put(town_database, town, purpose=Purpose.APPOINTMENT)
        with town_database.write() as session:
            session.get_one(Message, lost).state = MessageState.UNRESOLVED
        page = text_of(boss.get("/admin/messages/unresolved"))
        assert "您好" not in page
        assert "138****0002" in page


class TestOptOuts:
    def entered(self, **more: str) -> dict[str, str]:
        return {"numbers": "13800000002", "scope": "everything", "source": "staff:call", **more}

    def test_staff_enter_an_opt_out_and_what_waits_ends_at_once(
        self, sign_in: SignIn, town: Town, town_database: Database
    ) -> None:
        waiting = put(town_database, town)
        worker = sign_in("worker")
        worker.post("/opt-outs", data=self.entered())
        assert message(town_database, waiting).state is MessageState.SUPPRESSED
        page = text_of(worker.get("/opt-outs"))
        assert "Said on the phone" in page
        assert "138****0002" in page
        (row,) = rows(town_database, OptOut)
        assert row.scope is OptOutScope.EVERYTHING
        assert worker.post(f"/opt-outs/{row.id}/end", data={}).status_code == 422
        worker.post(f"/opt-outs/{row.id}/end", data={f"reason-{row.id}": "女儿来电"})
        assert "Nobody opted out" in text_of(worker.get("/opt-outs"))

    def test_a_worker_enters_and_ends_only_for_people_of_the_own_area(
        self, sign_in: SignIn, town: Town, town_database: Database
    ) -> None:
        sign_in("worker").post("/opt-outs", data=self.entered())
        other = sign_in("other_worker")
        assert "Nobody opted out" in text_of(other.get("/opt-outs"))
        (row,) = rows(town_database, OptOut)
        end = {f"reason-{row.id}": "x"}
        assert other.post(f"/opt-outs/{row.id}/end", data=end).status_code == 404
        assert other.post("/opt-outs", data=self.entered()).status_code == 404

    def test_a_list_with_a_wrong_line_names_it_and_records_nothing(
        self, boss: FlaskClient, town_database: Database
    ) -> None:
        answer = boss.post("/opt-outs", data=self.entered(numbers="13800000002\n12345"))
        assert "Line 2 is not a telephone number" in text_of(answer)
        assert rows(town_database, OptOut) == []


class TestExperiments:
    def proposal(self, town: Town, **more: object) -> dict[str, object]:
        return {
            "campaign": town.campaign_id,
            "step": "invite",
            "name": "短一点更好吗",
            "planned_households": "40",
            "outcome_days": "14",
            "label-1": "短",
            "body-1": "{who}，来接种吧。{opt_out_hint}",
            **more,
        }

    def test_moment_3i_it_is_off_until_a_second_person_approves_in_their_name(
        self, boss: FlaskClient, sign_in: SignIn, town: Town, town_database: Database
    ) -> None:
        boss.post("/admin/experiments/new", data=self.proposal(town))
        (row,) = rows(town_database, Experiment)
        assert row.approved_at is None
        assert boss.post(f"/admin/experiments/{row.id}/approve").status_code == 403
        leader = sign_in("leader")
        leader.post(f"/admin/experiments/{row.id}/approve")
        assert "Approved by 陈主任" in text_of(leader.get(f"/admin/experiments/{row.id}"))
        leader.post(f"/admin/experiments/{row.id}/stop")
        assert "Stopped by hand" in text_of(boss.get(f"/admin/experiments/{row.id}"))

    @pytest.mark.parametrize("step", ["promise", "car_near", "t_plus_1", "answer"])
    def test_moment_3i_never_on_rides_or_clinical_answers(
        self, boss: FlaskClient, town: Town, town_database: Database, step: str
    ) -> None:
        answer = boss.post("/admin/experiments/new", data=self.proposal(town, step=step))
        assert answer.status_code == 422
        assert rows(town_database, Experiment) == []

    def test_words_that_no_route_carries_are_refused_with_the_proposal(
        self, boss: FlaskClient, town: Town
    ) -> None:
        answer = boss.post(
            "/admin/experiments/new", data=self.proposal(town, **{"body-1": "{who}，来接种吧。"})
        )
        assert "The gap {opt_out_hint} must stand in the text" in text_of(answer)
