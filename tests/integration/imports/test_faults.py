"""Files and people that try to hurt a ledger, through the database: fault rows 39 to 48 and 64."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from outreach.kernel.errors import OutreachError
from outreach.ledger.codes import BatchState, LifeReportKind, ReportState
from outreach.ledger.entry_models import Dose
from outreach.ledger.import_batches import SameFileInProgress, lock_batch, take_lease
from outreach.ledger.import_models import ImportBatch, ImportRow
from outreach.ledger.import_review import row_lines
from outreach.ledger.import_rows import open_row
from outreach.ledger.models import LifeReport, Phone, Resident
from outreach.ledger.outcome import RowOutcome
from outreach.workflows import import_ledger
from outreach.workflows.erase_resident import erase_resident
from tests.integration.imports.files import Ledgers, csv_file, id_number, many, person


def test_fault_39_good_rows_come_in_bad_ones_stay_with_row_and_reason_and_again_is_nothing_new(
    ledgers: Ledgers,
) -> None:
    rows = many(300)
    for bad in range(0, 300, 33):
        rows[bad]["身份证号"] = rows[bad]["身份证号"][:-1]
    ledgers.bring(rows)
    assert ledgers.people() == 290
    with ledgers.database.read() as session:
        problems = session.execute(
            select(ImportRow.row_number, ImportRow.codes)
            .where(ImportRow.kind == "problem")
            .order_by(ImportRow.row_number)
        ).all()
    assert [number for number, _codes in problems] == [n + 2 for n in range(0, 300, 33)]
    assert all(codes == ["id_length"] for _number, codes in problems)
    ledgers.bring(rows)
    assert ledgers.people() == 290
    assert set(ledgers.kinds()) == {"unchanged", "problem"}


def test_fault_40_of_two_who_bring_one_file_at_once_one_wins_and_the_other_is_told(
    ledgers: Ledgers,
) -> None:
    data = csv_file(many(400))
    ended: list[str] = []
    gate = threading.Barrier(2)

    def bring(name: str) -> None:
        gate.wait()
        try:
            ledgers.bring(data, name=name)
            ended.append("done")
        except SameFileInProgress:
            ended.append("told")

    threads = [threading.Thread(target=bring, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) in (["done", "told"], ["done", "done"])
    assert ledgers.people() == 400
    with ledgers.database.read() as session:
        states = session.scalars(select(ImportBatch.state)).all()
    assert set(states) == {BatchState.COMMITTED}


def test_fault_40_a_living_holder_keeps_a_batch_and_a_dead_one_loses_it(ledgers: Ledgers) -> None:
    ledgers.bring(many(3))
    with ledgers.database.write() as session:
        batch = lock_batch(session, session.scalars(select(ImportBatch.id)).one())
        take_lease(batch, holder="one", real_now=ledgers.real)
        with pytest.raises(SameFileInProgress):
            take_lease(batch, holder="two", real_now=ledgers.real + timedelta(seconds=30))
        take_lease(batch, holder="two", real_now=ledgers.real + timedelta(seconds=90))
        assert batch.lease_holder == "two"


def test_fault_41_a_process_that_dies_between_pieces_leaves_a_marker_and_the_next_goes_on(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_ledger, "PIECE", 50)
    rows = many(300)
    seen = 0

    def die(_landed: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_ledger.import_file(
            ledgers.database,
            file=import_ledger.Incoming(
                source=csv_file(rows),
                filename="ledger.csv",
                community="棉东社区",
                as_of=date(2026, 11, 23),
            ),
            hand=ledgers.hand("first"),
            on_piece=die,
        )
    with ledgers.database.read() as session:
        batch = session.scalars(select(ImportBatch)).one()
        assert (batch.state, batch.landed_through) == (BatchState.COMMITTING, 151)
    assert ledgers.people() == 150
    ledgers.real += timedelta(minutes=5)
    ledgers.bring(rows, name="second")
    assert ledgers.people() == 300
    assert ledgers.kinds() == ["new"] * 300
    with ledgers.database.read() as session:
        assert session.scalars(select(ImportBatch.state)).one() is BatchState.COMMITTED


def test_fault_42_rare_characters_survive_byte_for_byte_into_the_ledger(ledgers: Ledgers) -> None:
    names = ["䶮小妹", "㛃桂兰", "𠮷祥子"]
    rows = [
        person(姓名=name, 身份证号=id_number(date(1930 + i, 1, 1), 2))
        for i, name in enumerate(names)
    ]
    ledgers.bring(csv_file(rows).decode().encode("gb18030"))
    with ledgers.database.read() as session:
        assert session.scalars(select(Resident.name).order_by(Resident.id)).all() == names


def test_fault_43_a_rounded_number_is_never_repaired_and_a_lower_case_x_is_written_large(
    ledgers: Ledgers,
) -> None:
    x_born, serial = next(
        (date(1930, 1, 1) + timedelta(days=d), 2)
        for d in range(400)
        if id_number(date(1930, 1, 1) + timedelta(days=d), 2).endswith("X")
    )
    number = id_number(x_born, serial)
    rounded = id_number()[:15] + "000"
    ledgers.bring([person(身份证号=number.lower()), person(姓名="钱多多", 身份证号=rounded)])
    with ledgers.database.read() as session:
        vault = ledgers.database.vault
        found = session.scalars(select(Resident).order_by(Resident.id)).all()
        assert found[0].id_index == vault.index(number, purpose="id")
        assert found[1].id_index is None
        assert found[1].born_on == date(1935, 3, 8)


def test_fault_44_a_dose_in_the_future_or_without_a_clear_date_is_asked_not_recorded(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(第一针="2027-01-01", 第二针="农历五月初四")])
    (landed,) = ledgers.landed
    assert set(landed.row.codes) == {"dose_date_in_future", "dose_date_unclear"}
    with ledgers.database.read() as session:
        assert session.scalars(select(Dose.id)).all() == []


def test_fault_47_formulas_in_cells_are_texts_in_the_ledger_and_the_phone_survives(
    ledgers: Ledgers,
) -> None:
    note = '=HYPERLINK("http://example.invalid","点我")'
    ledgers.bring([person(备注=note, 联系电话="+8613900000001")])
    with ledgers.database.read() as session:
        assert session.scalars(select(Resident.note)).one() == note
        phone = session.scalars(select(Phone)).one()
        number = ledgers.database.vault.open(
            phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
        )
    assert number == "+8613900000001"


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{7*7}}", "' OR 1=1--", "%s", "王\u202e兰", "王😀兰"]
)
def test_fault_48_a_name_that_attacks_is_only_a_name(ledgers: Ledgers, name: str) -> None:
    ledgers.bring([person(姓名=name)])
    (landed,) = ledgers.landed
    assert landed.row.outcome in {"warning", "error"}
    if landed.row.is_in_ledger:
        with ledgers.database.read() as session:
            kept = session.scalars(select(Resident.name)).one()
        assert "".join(kept.split()) == "".join(name.split())


def test_fault_48_a_name_of_ten_thousand_letters_stays_out_and_is_kept(ledgers: Ledgers) -> None:
    ledgers.bring([person(姓名="王" * 10_000)])
    assert ledgers.people() == 0
    with ledgers.database.read() as session:
        row = session.scalars(select(ImportRow)).one()
        opened = open_row(ledgers.database.vault, row)
        assert row.codes == ["name_too_long"]
    assert isinstance(opened, RowOutcome)
    assert opened.cells[0] == "王" * 10_000


@pytest.mark.parametrize("cut", [1, 250, 499])
def test_a_text_file_that_breaks_off_half_way_changes_nothing(ledgers: Ledgers, cut: int) -> None:
    lines = csv_file(many(500)).decode().splitlines()
    lines[cut] = '"' + lines[cut]
    with pytest.raises(OutreachError):
        ledgers.bring("\n".join(lines).encode())
    assert ledgers.people() == 0


def test_moment_2f_a_death_word_in_a_remark_holds_everything_and_is_asked_once(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(备注="独居")])
    gone = [person(备注="独居，已去世")]
    ledgers.bring(gone)
    with ledgers.database.read() as session:
        report = session.scalars(select(LifeReport)).one()
        assert (report.kind, report.state) == (LifeReportKind.DECEASED, ReportState.OPEN)
        assert session.scalars(select(Resident.held_all)).one()
    with ledgers.database.write() as session:
        row = session.scalars(select(LifeReport)).one()
        row.state = ReportState.DISMISSED
        session.scalars(select(Resident)).one().held_all = False
    ledgers.bring(gone)
    with ledgers.database.read() as session:
        assert len(session.scalars(select(LifeReport)).all()) == 1
        assert not session.scalars(select(Resident.held_all)).one()


def test_moment_2f_history_in_a_remark_is_no_news(ledgers: Ledgers) -> None:
    ledgers.bring([person(备注="2019年住院")])
    with ledgers.database.read() as session:
        assert session.scalars(select(LifeReport.id)).all() == []
        assert not session.scalars(select(Resident.held_nudges)).one()


def test_moment_2h_a_file_with_english_headers_is_understood(ledgers: Ledgers) -> None:
    header = ("Full name", "Sex", "ID number", "Address", "Mobile", "Dose 1", "Remarks")
    row = {
        "Full name": "Zhao Guilan",
        "Sex": "F",
        "ID number": id_number(),
        "Address": "12 Mianfang East Road",
        "Mobile": "13900000001",
        "Dose 1": "2021-05-01",
        "Remarks": "lives alone",
    }
    ledgers.bring(csv_file([row], header=header))
    with ledgers.database.read() as session:
        resident = session.scalars(select(Resident)).one()
        assert (resident.name, resident.lives_alone) == ("Zhao Guilan", True)
        assert session.scalars(select(Dose.given_on)).all() == [date(2021, 5, 1)]


def test_fault_68_an_erased_person_leaves_nothing_in_the_files_that_brought_them(
    ledgers: Ledgers,
) -> None:
    ledgers.bring([person(), *many(2)])
    with ledgers.database.write() as session:
        resident_id = session.scalars(select(Resident.id).where(Resident.name == "赵桂兰")).one()
        erase_resident(
            session,
            resident_id=resident_id,
            by=ledgers.village.worker,
            reason="asked for it",
            now=ledgers.now,
        )
    with ledgers.database.read() as session:
        batch_id = session.scalars(select(ImportBatch.id)).one()
        lines, total = row_lines(session, batch_id=batch_id, group="new", page=1)
        rows = session.scalars(select(ImportRow).order_by(ImportRow.row_number)).all()
        assert (rows[0].cells_sealed, rows[0].resident_id) == (None, None)
        assert all(row.cells_sealed is not None for row in rows[1:])
    assert total == 3
    assert (lines[0].name, lines[0].phones) == ("", ())
    assert lines[1].name
