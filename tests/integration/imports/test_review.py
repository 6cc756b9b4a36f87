"""A file looked at before it enters the ledger: groups, commit against the ledger as it is, undo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.kernel.errors import OutreachError
from outreach.ledger.codes import BatchState, RowKind
from outreach.ledger.entry_models import Dose
from outreach.ledger.import_batches import SameFileInProgress, Upload, hash_of
from outreach.ledger.import_models import ImportBatch, ImportFilePart, ImportRow
from outreach.ledger.import_rows import FieldChange, open_changes
from outreach.ledger.ledger_file import preview_file
from outreach.ledger.models import DuplicatePair, Resident
from outreach.ledger.residents import ResidentEdit, edit_resident
from outreach.places.queries import place_rules
from outreach.workflows.match_rate import MatchRateLow
from outreach.workflows.record_dose import record_dose
from outreach.workflows.review_import import (
    ask_commit,
    commit_batch,
    confirm_columns,
    decide_row,
    mend_row,
    read_batch,
    receive,
)
from outreach.workflows.undo_import import UndoBlocked, undo_import
from tests.builders.ledger import dose
from tests.integration.imports.files import AS_OF, Ledgers, csv_file, id_number, many, person


def no_report(_share: float, _stage: str) -> None:
    """Tell nobody."""


def reviewed(ledgers: Ledgers, rows: Sequence[dict[str, str]]) -> int:
    """Upload, confirm the columns as guessed, read: the batch waits for a commit."""
    data = csv_file(rows)
    village = ledgers.village
    with ledgers.database.write() as session:
        upload = Upload(
            kind="ledger",
            filename="ledger.csv",
            content_hash=hash_of(data),
            community_id=village.community_id,
            campaign_id=village.campaign_id,
            as_of=AS_OF,
        )
        batch = receive(session, upload=upload, data=data, by=village.worker, now=ledgers.now)
        head = preview_file(data, filename="l.csv", as_of=AS_OF, place=place_rules(session))
        assert head.columns is not None
        confirm_columns(
            session, batch_id=batch.id, columns=head.columns, by=village.worker, now=ledgers.now
        )
        batch_id = batch.id
    read_batch(ledgers.database, batch_id=batch_id, hand=ledgers.hand(), report=no_report)
    return batch_id


def committed(ledgers: Ledgers, batch_id: int, *, is_forced: bool = False) -> None:
    with ledgers.database.write() as session:
        ask_commit(
            session,
            batch_id=batch_id,
            is_forced=is_forced,
            by=ledgers.village.worker,
            now=ledgers.now,
        )
    commit_batch(ledgers.database, batch_id=batch_id, hand=ledgers.hand(), report=no_report)


def kinds(ledgers: Ledgers, batch_id: int) -> list[str]:
    with ledgers.database.read() as session:
        rows = session.scalars(
            select(ImportRow.kind)
            .where(ImportRow.batch_id == batch_id)
            .order_by(ImportRow.row_number)
        )
        return [str(kind) for kind in rows]


def changes(ledgers: Ledgers, batch_id: int) -> dict[str, FieldChange]:
    with ledgers.database.read() as session:
        row = session.scalars(
            select(ImportRow).where(
                ImportRow.batch_id == batch_id, ImportRow.kind == RowKind.CHANGED
            )
        ).one()
        return {c.field: c for c in open_changes(ledgers.database.vault, row)}


def row_id(ledgers: Ledgers, batch_id: int, kind: RowKind) -> int:
    with ledgers.database.read() as session:
        found = session.scalars(
            select(ImportRow.id).where(ImportRow.batch_id == batch_id, ImportRow.kind == kind)
        ).first()
    assert found is not None
    return found


def test_a_review_writes_nothing_and_groups_every_row(ledgers: Ledgers) -> None:
    ledgers.bring([person(), *many(3)])
    people = ledgers.people()
    batch_id = reviewed(
        ledgers,
        [
            person(联系电话="13900000077", 加强针="2021-12-20", 备注="听力差"),
            many(1)[0],
            person(姓名="钱多多", 身份证号=id_number(date(1931, 2, 2), 8)),
            person(姓名="错号码", 身份证号="410103193503080020"),
            person(姓名="钱多多", 身份证号=id_number(date(1931, 2, 2), 8)),
        ],
    )
    assert kinds(ledgers, batch_id) == ["changed", "unchanged", "new", "problem", "duplicate"]
    assert ledgers.people() == people
    found = changes(ledgers, batch_id)
    assert found["phone"][1:3] == ("", "+8613900000077")
    assert found["note"].now == "听力差"
    assert found["dose"].now == "2021-12-20"


def test_a_commit_writes_what_was_reviewed_and_leaves_no_file_behind(ledgers: Ledgers) -> None:
    batch_id = reviewed(ledgers, [person(), *many(3)])
    committed(ledgers, batch_id)
    assert ledgers.people() == 4
    assert kinds(ledgers, batch_id) == ["new"] * 4
    with ledgers.database.read() as session:
        batch = session.get_one(ImportBatch, batch_id)
        assert batch.state is BatchState.COMMITTED
        assert batch.counts["kind:new"] == 4
        assert session.scalar(select(func.count()).select_from(ImportFilePart)) == 0


def test_a_commit_compares_again_with_the_ledger_as_it_is_now(ledgers: Ledgers) -> None:
    batch_id = reviewed(ledgers, [person(), *many(2)])
    ledgers.bring([person()])
    committed(ledgers, batch_id)
    assert ledgers.people() == 3
    assert kinds(ledgers, batch_id) == ["unchanged", "new", "new"]


def test_what_staff_wrote_since_the_last_file_is_not_overwritten_by_the_same_file(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(备注="独居")])
    with ledgers.database.write() as session:
        resident = session.scalars(select(Resident)).one()
        edit = ResidentEdit(note="独居，耳背，敲门要响")
        edit_resident(
            session, resident_id=resident.id, edit=edit, version=resident.version, now=ledgers.now
        )
    ledgers.bring([person(备注="独居")])
    assert ledgers.kinds() == ["unchanged"]
    ledgers.bring([person(备注="独居，已装扶手")])
    assert ledgers.kinds() == ["changed"]
    with ledgers.database.read() as session:
        note = session.scalars(select(Resident.note)).one()
    assert "敲门要响" in note
    assert "已装扶手" in note


def test_empty_cells_erase_nothing(ledgers: Ledgers) -> None:
    ledgers.bring([person(备注="独居")])
    ledgers.bring([person(备注="", 现住址="", 第一针="", 第二针="")])
    assert ledgers.kinds() == ["unchanged"]


def test_one_number_under_two_names_waits_for_a_person(ledgers: Ledgers) -> None:
    ledgers.bring([person()])
    batch_id = reviewed(ledgers, [person(姓名="孙大娘")])
    assert kinds(ledgers, batch_id) == ["problem"]
    committed(ledgers, batch_id)
    with ledgers.database.read() as session:
        assert session.scalars(select(Resident.name)).all() == ["赵桂兰"]


def test_a_row_without_number_is_the_person_of_its_name_and_birth_and_can_be_parted(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person()])
    header = ("姓名", "性别", "身份证号", "出生日期", "现住址", "联系电话")
    row = {"姓名": "赵桂兰", "性别": "女", "出生日期": "1935-03-08", "现住址": "别处1号"}
    data = csv_file([row], header=header)
    ledgers.bring(data)
    assert ledgers.kinds() == ["duplicate"]
    assert ledgers.people() == 1
    with ledgers.database.read() as session:
        batch_id = session.scalars(select(func.max(ImportBatch.id))).one()
    other = row_id(ledgers, batch_id, RowKind.DUPLICATE)
    with ledgers.database.write() as session:
        decide_row(session, row_id=other, decision="other", hand=ledgers.hand())
    assert ledgers.people() == 2


def test_a_problem_row_mended_in_place_enters_the_ledger_and_keeps_what_came(
    ledgers: Ledgers,
) -> None:
    bad = person(身份证号="410103193503080020")
    batch_id = reviewed(ledgers, [bad, *many(1)])
    committed(ledgers, batch_id)
    assert ledgers.people() == 1
    wrong = row_id(ledgers, batch_id, RowKind.PROBLEM)
    cells = ["赵桂兰", "女", id_number(), "棉纺东路12号院", "13900000001", "", "", "", ""]
    with ledgers.database.write() as session:
        landed = mend_row(session, row_id=wrong, cells=cells, hand=ledgers.hand())
        assert landed.match.kind is RowKind.NEW
    assert ledgers.people() == 2
    with ledgers.database.read() as session:
        row = session.get_one(ImportRow, wrong)
        assert row.mended_sealed is not None
        assert row.cells_sealed != row.mended_sealed
        assert session.get_one(ImportBatch, batch_id).counts["kind:new"] == 2


def test_another_communitys_file_is_stopped_until_somebody_means_it(ledgers: Ledgers) -> None:
    ledgers.bring(many(60))
    strangers = many(30, start=500)
    batch_id = reviewed(ledgers, strangers)
    with pytest.raises(MatchRateLow):
        committed(ledgers, batch_id)
    with pytest.raises(MatchRateLow):
        ledgers.bring(strangers)
    assert ledgers.people() == 60
    committed(ledgers, batch_id, is_forced=True)
    assert ledgers.people() == 90


def test_the_same_file_uploaded_while_it_is_at_work_is_refused(ledgers: Ledgers) -> None:
    data = csv_file(many(3))
    with ledgers.database.write() as session:
        upload = Upload(
            kind="ledger",
            filename="a.csv",
            content_hash=hash_of(data),
            community_id=ledgers.village.community_id,
            campaign_id=None,
            as_of=AS_OF,
        )
        batch = receive(
            session, upload=upload, data=data, by=ledgers.village.worker, now=ledgers.now
        )
        batch.state = BatchState.PARSING
    with pytest.raises(SameFileInProgress), ledgers.database.write() as session:
        receive(session, upload=upload, data=data, by=ledgers.village.worker, now=ledgers.now)


def undone(ledgers: Ledgers, batch_id: int) -> dict[str, int]:
    with ledgers.database.write() as session:
        return undo_import(session, batch_id=batch_id, hand=ledgers.hand())


def everything(ledgers: Ledgers) -> dict[str, Any]:
    """Return every row of the ledger's tables, as they stand."""
    from outreach.db import Base

    names = ("resident", "contact_person", "phone", "search_term", "ledger_entry", "address")
    with ledgers.database.read() as session:
        return {
            name: sorted(map(str, session.execute(select(Base.metadata.tables[name])).all()))
            for name in names
        }


def test_an_undo_leaves_the_ledger_as_it_was(ledgers: Ledgers) -> None:
    ledgers.bring(many(5))
    before = everything(ledgers)
    batch_id = reviewed(ledgers, [*many(5), *many(4, start=50)])
    committed(ledgers, batch_id)
    assert ledgers.people() == 9
    assert undone(ledgers, batch_id)["removed"] == 4
    assert everything(ledgers) == before
    assert undone(ledgers, batch_id) == {}


def test_an_undo_puts_changed_values_back_and_keeps_what_was_changed_again(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(备注="独居")])
    ledgers.now += timedelta(days=1)
    batch_id = reviewed(
        ledgers, [person(备注="独居，轮椅", 联系电话="13900000088", 加强针="2022-01-05")]
    )
    committed(ledgers, batch_id)
    assert undone(ledgers, batch_id)["reverted"] == 1
    with ledgers.database.read() as session:
        assert session.scalars(select(Resident.note)).one() == "独居"
        standing = session.scalars(select(Dose.given_on).where(Dose.voided_at.is_(None))).all()
    assert date(2022, 1, 5) not in standing
    assert len(standing) == 2


def test_an_undo_is_refused_while_something_depends_on_it(ledgers: Ledgers) -> None:
    batch_id = reviewed(ledgers, [person(), *many(2)])
    committed(ledgers, batch_id)
    with ledgers.database.write() as session:
        resident_id = session.scalars(select(func.min(Resident.id))).one()
        draft = dose(ledgers.village, resident_id, date(2022, 3, 1))
        record_dose(session, draft=draft, by=ledgers.village.worker, now=ledgers.now)
    with pytest.raises(UndoBlocked) as refused:
        undone(ledgers, batch_id)
    assert refused.value.facts["dose"] == 1
    assert ledgers.people() == 3


def test_pairs_that_may_be_one_person_are_put_before_people_after_the_commit(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person()])
    ledgers.bring([person(姓名="趙桂蘭", 身份证号=id_number(date(1935, 3, 8), 4))])
    assert ledgers.kinds() == ["new"]
    with ledgers.database.read() as session:
        pair = session.scalars(select(DuplicatePair)).one()
        assert pair.state == "open"
        assert "same_birth_date" in pair.reasons


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n", b"a,b\n1,2\n"])
def test_a_file_that_is_no_ledger_changes_nothing_and_says_why(
    ledgers: Ledgers, data: bytes
) -> None:
    with pytest.raises(OutreachError):
        ledgers.bring(data)
    assert ledgers.people() == 0
    with ledgers.database.read() as session:
        batch = session.scalars(select(ImportBatch)).one()
        assert batch.state is BatchState.FAILED
        assert batch.error_code
