"""Paper for the stairs: numbered and dated, without what nobody needs there, entered when it is back (3k)."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.contact.models import ContactAttempt
from outreach.db import Database
from outreach.ledger.codes import EntryStatus
from tests.builders.town import Town, entry_of
from tests.web.conftest import text_of
from tests.web.staff.conftest import SignIn, Viewed


def _made(worker: FlaskClient) -> str:
    answer = worker.post("/sheets")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def _place(page: str, name: str) -> str:
    found = re.search(rf"(\d+) · {name}", page)
    assert found is not None
    return found.group(1)


def test_moment_3k_a_sheet_is_numbered_and_dated_and_says_no_more_than_it_must(
    sign_in: SignIn, town: Town, viewed: Viewed
) -> None:
    worker = sign_in("worker")
    path = _made(worker)
    page = text_of(worker.get(path))
    assert f"Visit sheet No. {path.rpartition('/')[2]}" in page
    assert "2022" in page
    assert "赵桂英" in page
    for secret in ("alone", "0001", "1380", "4101", "赵敏"):
        assert secret not in page
    assert "sheets.show" in viewed(town.resident("zhao"))
    assert sign_in("other_worker").get(path).status_code == 404


def test_moment_3k_what_was_ticked_is_entered_once_and_the_sheet_is_back(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    path = _made(worker)
    page = text_of(worker.get(f"{path}/entry"))
    zhao, wang, qian = (_place(page, name) for name in ("赵桂英", "王秀兰", "钱永福"))
    ticks = {
        f"outcome-{zhao}": "C04",
        f"reason-{zhao}": "H03",
        f"outcome-{wang}": "C02",
    }
    for _ in range(2):
        assert worker.post(f"{path}/entry", data=ticks).status_code == 303
    assert "still open" in text_of(worker.get("/sheets"))
    worker.post(f"{path}/entry", data={f"outcome-{qian}": "none"})
    with town_database.read() as session:
        rows = session.scalars(select(ContactAttempt).order_by(ContactAttempt.id)).all()
        session.expunge_all()
        status = entry_of(session, town.resident("zhao")).status
    assert sorted(row.outcome for row in rows) == ["C02", "C04"]
    assert {str(row.channel) for row in rows} == {"visit"}
    assert status is EntryStatus.DECLINED
    assert "back and entered" in text_of(worker.get("/sheets"))


def test_a_refusal_without_its_reason_names_the_line_and_keeps_nothing(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    path = _made(worker)
    zhao = _place(text_of(worker.get(f"{path}/entry")), "赵桂英")
    answer = worker.post(f"{path}/entry", data={f"outcome-{zhao}": "C04"})
    assert answer.status_code == 422
    assert "a refusal needs its reason" in text_of(answer)
    with town_database.read() as session:
        assert session.scalars(select(ContactAttempt)).all() == []


def test_a_sheet_cannot_be_of_a_day_to_come(
    sign_in: SignIn, town: Town, town_database: Database
) -> None:
    worker = sign_in("worker")
    path = _made(worker)
    zhao = _place(text_of(worker.get(f"{path}/entry")), "赵桂英")
    data = {f"outcome-{zhao}": "C18", "visited_on": "2022-12-16"}
    assert worker.post(f"{path}/entry", data=data).status_code == 422
