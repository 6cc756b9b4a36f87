"""Pages of imports: from an upload to the ledger and back, with the words that a person needs on the way."""

from __future__ import annotations

import io
import re
import threading
from datetime import date

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import outreach.jobs.import_works
from outreach.accounts.codes import Role
from outreach.db import Database
from outreach.jobs.tasks import TaskLoop
from outreach.ledger.codes import BatchState, PairState, ReportState
from outreach.ledger.entry_models import Dose
from outreach.ledger.import_models import ColumnMemory, ImportBatch, ImportRow
from outreach.ledger.models import DuplicatePair, LifeReport, Resident
from outreach.services import Services
from tests.builders.campaigns import covid_campaign
from tests.builders.office import NOW, Office
from tests.integration.imports.files import HEADER, csv_file, id_number, many, person
from tests.unit.ledger.sheet_files import workbook
from tests.web.conftest import Join, Post, text_of

assert outreach.jobs.import_works  # registers the works


@pytest.fixture
def worker(join: Join, office: Office, office_database: Database) -> FlaskClient:
    with office_database.write() as session:
        covid_campaign(session, now=NOW, opens_on=date(2026, 11, 1))
    return join("wang", (Role.GRID_WORKER, office.community), sees_names=True)


def work(services: Services) -> None:
    """Do every task that waits, as the worker process does."""
    loop = TaskLoop(services, threading.Event())
    while loop.do_one():
        pass


def sent(
    client: FlaskClient, post: Post, office: Office, data: bytes, *, kind: str = "ledger"
) -> TestResponse:
    return post(
        client,
        "/imports",
        kind=kind,
        community_id=str(office.community),
        as_of="2026-11-23",
        file=(io.BytesIO(data), "ledger.csv"),
    )


def read(client: FlaskClient, post: Post, office: Office, services: Services, data: bytes) -> int:
    """Upload a ledger, confirm its columns as guessed, let the worker read it."""
    answer = sent(client, post, office, data)
    assert answer.status_code == 303, text_of(answer)
    found = re.search(r"/imports/(\d+)/columns", answer.location)
    assert found is not None
    page = client.get(answer.location).get_data(as_text=True)
    chosen = dict(
        re.findall(r'name="(column-\d+)">.*?<option value="(\w+)" selected', page, flags=re.DOTALL)
    )
    assert post(client, f"/imports/{found[1]}/columns", **chosen).status_code == 303
    work(services)
    return int(found[1])


def write(client: FlaskClient, post: Post, services: Services, batch_id: int) -> None:
    assert post(client, f"/imports/{batch_id}/commit").status_code == 303
    work(services)


def people(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Resident)) or 0


def test_a_file_is_seen_before_it_is_written_and_can_be_taken_back(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    rows = [person(), person(姓名="错号码", 身份证号="410103193503080020"), *many(3)]
    batch_id = read(worker, post, office, office_services, csv_file(rows))
    shown = text_of(worker.get(f"/imports/{batch_id}"))
    assert "To be mended 1" in shown
    assert "check digit is wrong" in shown
    assert "Write into the ledger: 4 new, 0 changed" in shown
    assert people(office_database) == 0
    write(worker, post, office_services, batch_id)
    assert people(office_database) == 4
    assert "Undo this import" in text_of(worker.get(f"/imports/{batch_id}"))
    post(worker, f"/imports/{batch_id}/undo")
    work(office_services)
    assert people(office_database) == 0
    assert "Undone" in text_of(worker.get(f"/imports/{batch_id}"))


def test_columns_are_remembered_for_the_community_once_confirmed(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    data = csv_file(
        [{"谁": "赵桂兰", "号": id_number(), "姓名代号": "x"}], header=("姓名", "号", "姓名代号")
    )
    data = data.replace("姓名,号".encode(), "姓名,哪个号".encode())
    answer = sent(worker, post, office, data)
    batch_id = int(answer.location.split("/")[-2])
    post(worker, f"/imports/{batch_id}/columns", **{"column-0": "name", "column-1": "remark"})
    with office_database.read() as session:
        assert session.scalar(select(func.count()).select_from(ColumnMemory)) == 1
    again = sent(worker, post, office, data.replace(b"x", b"y"))
    page = worker.get(again.location).get_data(as_text=True)
    assert re.search(r'name="column-1">.*?<option value="remark" selected', page, re.DOTALL)


def test_progress_leads_to_the_result_when_the_work_is_over(
    worker: FlaskClient, post: Post, office: Office, office_services: Services
) -> None:
    answer = sent(worker, post, office, csv_file(many(3)))
    batch_id = int(answer.location.split("/")[-2])
    fields = {f"column-{i}": f for i, f in enumerate(("name", "sex", "id_number", "address"))}
    post(worker, f"/imports/{batch_id}/columns", **fields)
    shown = worker.get(f"/imports/{batch_id}")
    assert "You can use other pages meanwhile" in text_of(shown)
    htmx = {"HX-Request": "true"}
    running = worker.get(f"/imports/{batch_id}/progress", headers=htmx)
    assert "Reading and comparing" in text_of(running)
    work(office_services)
    over = worker.get(f"/imports/{batch_id}/progress", headers=htmx)
    assert over.headers["HX-Redirect"] == f"/imports/{batch_id}"


def test_a_problem_row_is_mended_on_its_page(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    bad = person(身份证号="410103193503080020")
    batch_id = read(worker, post, office, office_services, csv_file([bad, *many(1)]))
    write(worker, post, office_services, batch_id)
    with office_database.read() as session:
        row_id = session.scalars(select(ImportRow.id).where(ImportRow.kind == "problem")).one()
    address = f"/imports/rows/{row_id}"
    assert "410103193503080020" in worker.get(address).get_data(as_text=True)
    still = post(worker, f"{address}/mend", **{"cell-0": "赵桂兰", "cell-2": "41010319350308002"})
    assert still.location.endswith(address)
    good = {"cell-0": "赵桂兰", "cell-2": id_number(), "cell-4": "13900000001"}
    post(worker, f"{address}/mend", **good)
    assert people(office_database) == 2


def test_problem_rows_go_out_as_a_sheet_and_come_back_mended(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    bad = [person(姓名=f"错{i}", 身份证号="410103193503080020") for i in "甲乙"]
    batch_id = read(worker, post, office, office_services, csv_file([*bad, *many(60)]))
    write(worker, post, office_services, batch_id)
    sheet = worker.get(f"/imports/{batch_id}/to-mend.xlsx").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    assert rows[0][-1] == "To be mended"
    assert "check digit" in str(rows[1][-1])
    rows[1][2], rows[2][2] = id_number(date(1930, 5, 5), 2), id_number(date(1931, 5, 5), 4)
    lines = "\n".join("\t".join(str(cell) for cell in row) for row in rows)
    mended = read(worker, post, office, office_services, lines.encode())
    write(worker, post, office_services, mended)
    assert people(office_database) == 62


def test_moment_2j_a_blank_ledger_filled_in_is_understood_without_a_question(
    worker: FlaskClient, post: Post, office: Office, office_services: Services
) -> None:
    for language in ("zh", "en"):
        worker.set_cookie("language", language)
        blank = worker.get("/imports/blank.xlsx").data
        book = CalamineWorkbook.from_filelike(io.BytesIO(blank))
        header = [str(cell) for cell in book.get_sheet_by_index(0).to_python()[0]]
        example = [str(row[0]).split(": ", 1)[-1] for row in book.get_sheet_by_index(1).to_python()]
        lines = "\n".join(["\t".join(header), "\t".join(example[2:])])
        batch_id = read(worker, post, office, office_services, lines.encode())
        with office_services.database.read() as session:
            outcome, codes = session.execute(
                select(ImportRow.outcome, ImportRow.codes).where(ImportRow.batch_id == batch_id)
            ).one()
            fields = session.get_one(ImportBatch, batch_id).columns["fields"]
        assert (outcome, codes) == ("imported", [])
        wanted = "grid name sex id_number birth_date address phone family_phone remark"
        assert set(fields.values()) == {*wanted.split(), "dose_1", "dose_2", "dose_3"}


def test_somebody_who_is_not_in_the_file_is_reported_and_two_people_decide_a_death(
    worker: FlaskClient,
    post: Post,
    join: Join,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    first = read(worker, post, office, office_services, csv_file([person(), *many(3)]))
    write(worker, post, office_services, first)
    batch_id = read(worker, post, office, office_services, csv_file(many(3)))
    assert "赵桂兰" in text_of(worker.get(f"/imports/{batch_id}?group=missing"))
    with office_database.read() as session:
        resident_id = session.scalars(select(Resident.id).where(Resident.name == "赵桂兰")).one()
    post(worker, f"/imports/{batch_id}/missing/{resident_id}", kind="deceased")
    with office_database.read() as session:
        report_id = session.scalars(select(LifeReport.id)).one()
        assert session.get_one(Resident, resident_id).held_all
    own = post(worker, f"/imports/lives/{report_id}/confirm")
    assert own.status_code == 403
    colleague = join("li", (Role.GRID_WORKER, office.community), sees_names=True)
    assert "赵桂兰" in text_of(colleague.get("/imports/lives"))
    post(colleague, f"/imports/lives/{report_id}/confirm")
    with office_database.read() as session:
        assert session.get_one(LifeReport, report_id).state is ReportState.CONFIRMED


def test_two_who_look_alike_are_compared_side_by_side_merged_and_parted_again(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    twin = person(姓名="趙桂蘭", 身份证号=id_number(date(1935, 3, 8), 4), 联系电话="13900000002")
    batch_id = read(worker, post, office, office_services, csv_file([person(), twin]))
    write(worker, post, office_services, batch_id)
    with office_database.read() as session:
        pair_id = session.scalars(select(DuplicatePair.id)).one()
    assert "趙桂蘭" in text_of(worker.get("/imports/pairs"))
    shown = text_of(worker.get(f"/imports/pairs/{pair_id}"))
    assert "same birth date" in shown
    refused = post(worker, f"/imports/pairs/{pair_id}/merge", **{"take-name": "second"})
    assert refused.status_code in {303, 422}
    post(worker, f"/imports/pairs/{pair_id}/merge", **{"take-id_number": "second"})
    with office_database.read() as session:
        assert session.get_one(DuplicatePair, pair_id).state == PairState.MERGED
    post(worker, f"/imports/pairs/{pair_id}/split")
    with office_database.read() as session:
        merged = session.scalars(select(Resident.merged_into_id)).all()
    assert merged == [None, None]


def test_conflicts_of_an_official_list_are_resolved_with_one_click_each(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    batch_id = read(worker, post, office, office_services, csv_file([person()]))
    write(worker, post, office_services, batch_id)
    header = ("姓名", "身份证号", "接种日期", "剂次")
    stranger = id_number(date(1933, 3, 3), 6)
    lines = [
        {"姓名": "赵桂兰", "身份证号": id_number(), "接种日期": "2021-12-20", "剂次": "3"},
        {"姓名": "某某", "身份证号": id_number(), "接种日期": "2022-09-01", "剂次": "4"},
        {"姓名": "赵桂兰", "身份证号": id_number(), "接种日期": "2021-06-16", "剂次": "2"},
        {"姓名": "钱多多", "身份证号": stranger, "接种日期": "2022-01-01", "剂次": "1"},
    ]
    sent(worker, post, office, csv_file(lines, header=header), kind="official")
    work(office_services)
    page = text_of(worker.get("/imports/conflicts"))
    for word in ("Another name", "Another date", "Not in the ledger"):
        assert word in page
    with office_database.read() as session:
        open_rows = {
            row.outcome: row.id
            for row in session.scalars(select(ImportRow).where(ImportRow.fingerprint.is_not(None)))
        }
    post(worker, f"/imports/conflicts/{open_rows['name_differs']}", resolution="keep_ours")
    post(worker, f"/imports/conflicts/{open_rows['date_differs']}", resolution="take_official")
    post(worker, f"/imports/conflicts/{open_rows['no_such_resident']}", resolution="add_person")
    twice = post(worker, f"/imports/conflicts/{open_rows['name_differs']}", resolution="keep_ours")
    assert twice.status_code == 404
    with office_database.read() as session:
        standing = session.scalars(
            select(Dose.given_on).where(Dose.voided_at.is_(None)).order_by(Dose.given_on)
        ).all()
    assert standing == [
        date(2021, 5, 1),
        date(2021, 6, 16),
        date(2021, 12, 20),
        date(2022, 1, 1),
    ]
    assert people(office_database) == 2
    sent(worker, post, office, csv_file(lines, header=header) + b"\n", kind="official")
    work(office_services)
    assert "No conflict waits" in text_of(worker.get("/imports/conflicts"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "This is no spreadsheet"),
        ("序号,住址\n1,棉纺东路\n".encode(), "No header says which column holds the names"),
        ("姓名,身份证号\n赵桂".encode() + b"\xff\xfe\xff\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_kept_nowhere(
    worker: FlaskClient,
    post: Post,
    office: Office,
    office_database: Database,
    data: bytes,
    said: str,
) -> None:
    answer = sent(worker, post, office, data)
    assert answer.status_code == 422
    assert said in text_of(answer)
    with office_database.read() as session:
        assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_a_neighbours_file_rows_and_pairs_look_as_if_they_were_not_there(
    worker: FlaskClient,
    post: Post,
    join: Join,
    office: Office,
    office_services: Services,
    office_database: Database,
) -> None:
    batch_id = read(worker, post, office, office_services, csv_file([person(), *many(2)]))
    write(worker, post, office_services, batch_id)
    with office_database.read() as session:
        row_id = session.scalars(select(func.min(ImportRow.id))).one()
        state = session.get_one(ImportBatch, batch_id).state
    assert state is BatchState.COMMITTED
    stranger = join("zhou", (Role.GRID_WORKER, office.far_community))
    for address in (
        f"/imports/{batch_id}",
        f"/imports/{batch_id}/columns",
        f"/imports/{batch_id}/to-mend.xlsx",
        f"/imports/rows/{row_id}",
    ):
        assert stranger.get(address).status_code == 404
    for address in (f"/imports/{batch_id}/undo", f"/imports/{batch_id}/commit"):
        assert post(stranger, address).status_code == 404
    own = sent(stranger, post, office, csv_file(many(2)))
    assert own.status_code == 404
    assert "ledger.csv" not in text_of(stranger.get("/imports"))


def test_fault_45_a_workbook_of_several_sheets_lets_one_choose(
    worker: FlaskClient, post: Post, office: Office, office_services: Services
) -> None:
    rows: list[list[object]] = [[*HEADER]]
    rows += [[one[h] for h in HEADER] for one in many(6)]
    data = workbook({"第1网格": rows[:5], "第2 网格 ": [rows[0], *rows[5:]]})
    answer = post(
        worker,
        "/imports",
        kind="ledger",
        community_id=str(office.community),
        as_of="2026-11-23",
        file=(io.BytesIO(data), "grids.xlsx"),
    )
    page = worker.get(answer.location)
    assert "Only “第1网格” is read now" in text_of(page)
    other = re.search(r'href="([^"]*sheet=[^"]*)"', page.get_data(as_text=True))
    assert other is not None
    chosen = worker.get(other[1])
    assert "sheet “第2 网格 ”" in text_of(chosen)
    assert "Read “第1网格” instead" in text_of(chosen)
    batch_id = int(answer.location.split("/")[-2])
    fields = {f"column-{n}": f for n, f in enumerate(("name", "sex", "id_number", "address"))}
    post(worker, f"/imports/{batch_id}/columns", sheet="第2 网格 ", **fields)
    work(office_services)
    assert "New 2" in text_of(worker.get(f"/imports/{batch_id}"))
    unknown = worker.get(f"/imports/{batch_id}/columns?sheet=nowhere")
    assert unknown.status_code == 404


def test_a_list_in_several_sheets_says_which_one_was_compared(
    worker: FlaskClient, post: Post, office: Office, office_services: Services
) -> None:
    header: list[object] = ["姓名", "身份证号", "接种日期"]
    one: list[object] = ["赵桂兰", id_number(), "2022-01-01"]
    answer = post(
        worker,
        "/imports",
        kind="official",
        community_id=str(office.community),
        as_of="2026-11-23",
        file=(io.BytesIO(workbook({"一月": [header, one], "二月": [header, one]})), "list.xlsx"),
    )
    work(office_services)
    page = text_of(worker.get(answer.location))
    assert "Only sheet “一月” was compared. Doses stand in others too: 二月." in page
