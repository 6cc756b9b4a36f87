"""Pages of campaigns: a look before other terms apply, their end, rule sets from a file, recalled batches."""

from __future__ import annotations

import io
import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaigns.codes import CampaignState
from outreach.campaigns.models import Campaign, ProductBatch, RuleSet
from outreach.campaigns.rule_packs import PACKS
from outreach.db import Database
from outreach.jobs import campaign_works  # noqa: F401 - registers its works
from outreach.jobs.tasks import TaskLoop
from outreach.ledger.codes import EntryStatus
from outreach.ledger.entry_models import Dose, LedgerEntry
from outreach.services import Services
from tests.builders.town import Town
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn


def terms_of(database: Database, town: Town, **changes: object) -> dict[str, Any]:
    with database.read() as session:
        campaign = session.get_one(Campaign, town.campaign_id)
        plain: dict[str, object] = {
            "rule_set_id": campaign.rule_set_id,
            "closing_grade": campaign.closing_grade,
            "minimum_age": campaign.minimum_age,
            "target_dose": "",
        }
    return plain | changes


def run_waiting(services: Services) -> None:
    """Do what waits for the worker."""
    loop = TaskLoop(services, threading.Event())
    while loop.do_one():
        pass


def test_other_terms_show_who_would_change_and_then_apply(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services
) -> None:
    admin = sign_in("administrator")
    page = f"/admin/campaigns/{town.campaign_id}"
    sent = admin.post(f"{page}/terms", data=terms_of(town_database, town, minimum_age=100))
    look = sent.headers["Location"]
    assert "waits for the worker" in text_of(admin.get(look))
    run_waiting(town_services)
    shown = text_of(admin.get(look))
    assert "Not yet of age" in shown
    assert "To contact → Not yet of age" in shown
    people = text_of(admin.get(f"{look}?group=to_contact>not_yet_eligible"))
    assert "**" in people
    with town_database.read() as session:
        assert session.get_one(Campaign, town.campaign_id).minimum_age == 80
    applied = admin.post(f"{look}/apply").headers["Location"]
    run_waiting(town_services)
    assert "stands under these terms" in text_of(admin.get(applied))
    with town_database.read() as session:
        assert session.get_one(Campaign, town.campaign_id).minimum_age == 100
        statuses = set(session.scalars(select(LedgerEntry.status)))
        assert EntryStatus.TO_CONTACT not in statuses


def test_a_look_that_is_out_of_date_cannot_be_applied(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services
) -> None:
    admin = sign_in("administrator")
    page = f"/admin/campaigns/{town.campaign_id}"
    look = admin.post(f"{page}/terms", data=terms_of(town_database, town, minimum_age=85)).headers[
        "Location"
    ]
    assert admin.post(f"{look}/apply").status_code == 409
    run_waiting(town_services)
    with town_database.write() as session:
        session.get_one(Campaign, town.campaign_id).target_dose = 2
    assert "look again before applying" in text_of(admin.get(look))
    assert admin.post(f"{look}/apply").status_code == 409


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minimum_age": 0}, "This age is not possible"),
        ({"target_dose": 50}, "This dose number is not possible"),
        ({}, "These are the present terms"),
    ],
)
def test_terms_that_cannot_be_are_named_at_their_field(
    sign_in: SignIn,
    town: Town,
    town_database: Database,
    changes: dict[str, object],
    words: str,
) -> None:
    answer = sign_in("administrator").post(
        f"/admin/campaigns/{town.campaign_id}/terms",
        data=terms_of(town_database, town, **changes),
    )
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_a_rule_set_from_a_file_is_kept_and_a_wrong_one_says_what_to_mend(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    admin = sign_in("administrator")
    page = f"/admin/campaigns/{town.campaign_id}"
    text = (PACKS / "cn-covid19-2022-12.yaml").read_text().replace('"2022-12.1"', '"2022-12.9"')
    wrong = text.replace("grace_days: 0", "grace_days: 99")

    def sent(body: str) -> Any:
        return admin.post(
            f"{page}/rule-sets", data={"pack": (io.BytesIO(body.encode()), "own.yaml")}
        )

    refused = sent(wrong)
    assert refused.status_code == 422
    assert "own.yaml, at grace_days" in text_of(refused)
    assert sent(text).status_code == 303
    assert "2022-12.9" in text_of(admin.get(page))
    with town_database.read() as session:
        versions = session.scalars(select(RuleSet.version)).all()
        assert "2022-12.9" in versions


def test_moment_2j_a_campaign_is_closed_opened_again_and_archived_with_a_day(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    admin = sign_in("administrator")
    page = f"/admin/campaigns/{town.campaign_id}"
    for to in ("closed", "open", "closed"):
        assert admin.post(f"{page}/{to}").status_code == 303
    early = admin.post(
        f"{page}/archived", data={"retain_until": "2022-12-20"}, follow_redirects=True
    )
    assert "Please choose a day" in text_of(early)
    admin.post(f"{page}/archived", data={"retain_until": "2023-06-30"})
    with town_database.read() as session:
        campaign = session.get_one(Campaign, town.campaign_id)
        assert (campaign.state, campaign.retain_until) == (
            CampaignState.ARCHIVED,
            date(2023, 6, 30),
        )
    assert "people are forgotten after 30 Jun 2023" in text_of(admin.get(page))
    assert admin.post(f"{page}/open").status_code == 303
    with town_database.read() as session:
        assert session.get_one(Campaign, town.campaign_id).state is CampaignState.ARCHIVED


def test_a_new_campaign_gives_everyone_a_line(
    sign_in: SignIn, town: Town, town_database: Database, town_services: Services
) -> None:
    admin = sign_in("administrator")
    form = {"vaccine": "influenza", "name_zh": "流感", "code": "flu", "opens_on": "2022-12-15"}
    assert admin.post("/admin/campaigns/new", data=form | {"code": ""}).status_code == 422
    made = admin.post("/admin/campaigns/new", data=form)
    assert made.status_code == 303
    run_waiting(town_services)
    with town_database.read() as session:
        flu = session.scalars(select(Campaign).where(Campaign.code == "flu")).one()
        lines = session.scalars(
            select(LedgerEntry.resident_id).where(LedgerEntry.campaign_id == flu.id)
        ).all()
        assert sorted(lines) == sorted(town.residents.values())


def test_only_administrators_change_campaigns(sign_in: SignIn, town: Town) -> None:
    page = f"/admin/campaigns/{town.campaign_id}"
    for who in ("worker", "clinician", "leader", "dispatcher"):
        assert sign_in(who).get(page).status_code == 403
        assert sign_in(who).post(f"{page}/closed").status_code == 403


def test_moment_2i_a_recalled_batch_is_blocked_and_lists_who_had_it(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    doctor, worker = sign_in("clinician"), sign_in("worker")
    zhao = town.resident("zhao")
    with town_database.read() as session:
        product = session.scalars(select(Dose.product_id).where(Dose.product_id > 0)).first()
    dose = f"/residents/{zhao}/campaigns/{town.campaign_id}/dose"
    given = {
        "given_on": "2022-12-14",
        "grade": "certificate_seen",
        "product_id": product,
        "batch": "202212A77",
        "reference": "one",
    }
    assert worker.post(dose, data=given).status_code == 303
    with town_database.read() as session:
        batch_id = session.scalars(
            select(ProductBatch.id).where(ProductBatch.number == "202212A77")
        ).one()
    page = f"/batches/{batch_id}"
    assert "赵桂英" in text_of(doctor.get(page))
    assert "赵桂英" not in text_of(sign_in("administrator").get(page))
    assert worker.get(page).status_code == 403
    blocked = doctor.post(f"{page}/block", data={"reason": "recall"}, follow_redirects=True)
    assert "Blocked since" in text_of(blocked)
    other = f"/residents/{town.resident('qian')}/campaigns/{town.campaign_id}/dose"
    refused = worker.post(other, data=given | {"reference": "two"})
    assert refused.status_code == 422
    assert "quarantined" in text_of(refused)
    doctor.post(f"{page}/release")
    assert worker.post(other, data=given | {"reference": "two"}).status_code == 303


def test_a_batch_noted_by_hand_is_found_by_part_of_its_number(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    admin = sign_in("administrator")
    with town_database.read() as session:
        product = session.scalars(select(Dose.product_id).where(Dose.product_id > 0)).first()
    made = admin.post("/batches", data={"product_id": product, "number": "B-2022-11"})
    assert "Batch B-2022-11" in text_of(admin.get(made.headers["Location"]))
    assert "B-2022-11" in text_of(admin.get("/batches?text=22-11"))
    assert "B-2022-11" not in text_of(admin.get("/batches?text=23-11"))
    assert admin.post("/batches", data={"product_id": 9999, "number": "X"}).status_code == 303
    assert "X" not in [line.split()[0] for line in text_of(admin.get("/batches")).split("Batch ")]
