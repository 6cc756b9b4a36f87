"""The audit page and what needs attention, each within the reader's own areas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from outreach.accounts.codes import Role
from outreach.accounts.models import User
from outreach.audit.chain import seal_pending
from outreach.audit.models import AuditEntry
from outreach.audit.trail import record, record_view
from outreach.backups import BACKED_UP
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.ledger.models import Resident
from outreach.web.acting import Acting
from outreach.web.admin import attention
from outreach.web.admin.attention import Matter
from outreach.web.admin.first_steps import first_steps
from tests.builders.office import NOW, Office, add_member
from tests.web.conftest import HTMX, Join, Post, text_of


@pytest.fixture
def auditor(join: Join, office: Office) -> FlaskClient:
    return join("auditor", (Role.AUDITOR, office.district))


def entry(database: Database, username: str, act: str) -> None:
    with database.write() as session:
        by = session.scalars(select(User.id).where(User.username == username)).one()
        record(session, act=act, subject=("resident", 1), by=by, now=NOW)


def test_entries_are_filtered_by_act_and_day(
    auditor: FlaskClient, office_database: Database
) -> None:
    entry(office_database, "auditor", "export")
    assert "Took an export" in text_of(auditor.get("/admin/audit", headers=HTMX))
    only = text_of(auditor.get("/admin/audit?act=login", headers=HTMX))
    assert "Signed in" in only
    assert "Took an export" not in only
    assert "Took an export" in text_of(
        auditor.get("/admin/audit?since=2026-11-20&until=2026-11-20", headers=HTMX)
    )
    assert "No entry fits." in text_of(auditor.get("/admin/audit?until=2026-11-19", headers=HTMX))


def test_the_auditor_of_a_street_sees_acts_of_that_street_s_accounts_only(
    join: Join, office: Office, office_database: Database
) -> None:
    join("inside", (Role.GRID_WORKER, office.community))
    join("outside", (Role.GRID_WORKER, office.far_community))
    for name in ("inside", "outside"):
        entry(office_database, name, "export")
    street = join("street", (Role.AUDITOR, office.street))
    page = text_of(street.get("/admin/audit?act=export", headers=HTMX))
    assert "Inside" in page
    assert "Outside" not in page


class TestWhoHasSeen:
    @pytest.fixture
    def resident(self, office: Office, office_database: Database) -> int:
        with office_database.write() as session:
            row = Resident(
                uuid="a" * 32,
                name="赵桂英",
                community_id=office.community,
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(row)
            session.flush()
            viewer = add_member(session, "viewer", (Role.GRID_WORKER, office.community))
            record_view(
                session, subject=("resident", row.id), by=viewer, now=NOW, page="residents.show"
            )
            return row.id

    def test_who_has_seen_a_person_is_listed_without_the_person_s_name(
        self, auditor: FlaskClient, resident: int
    ) -> None:
        page = text_of(auditor.get(f"/admin/audit/person/{resident}"))
        assert "Viewer" in page
        assert "赵桂英" not in page

    def test_fault_60_a_person_of_another_area_looks_missing(
        self, join: Join, office: Office, resident: int
    ) -> None:
        elsewhere = join("elsewhere", (Role.AUDITOR, office.other_street))
        assert elsewhere.get(f"/admin/audit/person/{resident}").status_code == 404
        assert elsewhere.get("/admin/audit/person/999").status_code == 404


class TestChain:
    @pytest.fixture
    def sealed(self, auditor: FlaskClient, office_database: Database) -> FlaskClient:
        for _time in range(3):
            entry(office_database, "auditor", "export")
        with office_database.write() as session:
            seal_pending(session)
        return auditor

    def test_a_chain_that_holds_says_so_and_gives_its_head(
        self, sealed: FlaskClient, post: Post
    ) -> None:
        page = text_of(post(sealed, "/admin/audit/check"))
        assert "The chain holds" in page
        assert "all are as they were written" in page

    def test_fault_67_a_broken_chain_names_the_row(
        self, sealed: FlaskClient, office_database: Database, post: Post
    ) -> None:
        with office_database.write() as session:
            session.execute(
                update(AuditEntry).where(AuditEntry.sequence == 2).values(act="nothing")
            )
        page = text_of(post(sealed, "/admin/audit/check"))
        assert "The chain is broken" in page
        assert "Entry 2 was altered after it was sealed." in page


class TestAttention:
    @pytest.fixture
    def boss(self, join: Join, office: Office) -> FlaskClient:
        return join("boss", (Role.ADMINISTRATOR, office.district), password="river stones are warm")

    @pytest.fixture
    def watching(self) -> Iterator[None]:
        before = list(attention.WATCHERS)
        yield
        attention.WATCHERS[:] = before

    def test_a_new_place_is_told_its_first_steps_until_they_are_taken(
        self, join: Join, boss: FlaskClient, office: Office
    ) -> None:
        page = text_of(boss.get("/admin/attention"))
        assert "To begin: invite who works here" in page
        assert "To begin: import the first list" in page
        join("worker", (Role.GRID_WORKER, office.district))
        page = text_of(boss.get("/admin/attention"))
        assert "To begin: invite who works here" not in page
        assert "To begin: import the first list" in page

    def test_an_orderly_place_says_so(
        self, boss: FlaskClient, office_database: Database, watching: None
    ) -> None:
        attention.WATCHERS.remove(first_steps)  # this office has no list yet
        with office_database.write() as session:
            record(session, act=BACKED_UP, subject=("backup", None), by=None, now=real_now())
        assert "All in order" in text_of(boss.get("/admin/attention"))

    def test_moment_1g_a_night_without_a_backup_is_named(self, boss: FlaskClient) -> None:
        assert "No backup in the last day and a half" in text_of(boss.get("/admin/attention"))

    def test_invitations_nobody_took_up_and_accounts_without_rights_are_named(
        self, boss: FlaskClient, office_database: Database, office: Office
    ) -> None:
        with office_database.write() as session:
            add_member(session, "invited", (Role.CALLER, office.grid))
            add_member(session, "idle", password="river stones are warm")
        page = text_of(boss.get("/admin/attention"))
        assert "Account Invited" in page
        assert "Has no role, so no page opens." in page

    def test_a_trail_that_is_not_sealed_shows_that_the_worker_stands_still(
        self, boss: FlaskClient, office_database: Database
    ) -> None:
        with office_database.write() as session:
            record(
                session,
                act="view",
                subject=("resident", 1),
                by=None,
                now=real_now() - timedelta(hours=1),
            )
            session.flush()
            session.execute(
                update(AuditEntry)
                .where(AuditEntry.act == "login")
                .values(sequence=1, previous_hash=b"", hash=b"")
            )
        assert "The worker stands still" in text_of(boss.get("/admin/attention"))

    def test_urgent_matters_come_first_and_a_failing_check_hides_no_other(
        self, boss: FlaskClient, watching: None
    ) -> None:
        @attention.add_watcher
        def quiet(_act: Acting) -> list[Matter]:
            return [Matter("Later", "…", "info")]

        @attention.add_watcher
        def fails(_act: Acting) -> list[Matter]:
            raise RuntimeError

        page = text_of(boss.get("/admin/attention"))
        assert page.index("The check “fails” failed") < page.index("Later")
