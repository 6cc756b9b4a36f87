"""Ledgers of other communities: other headers, two header lines, merged cells, every format, English."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.kernel.place import PlaceRules
from outreach.ledger.columns import ColumnMap, guess_columns
from outreach.ledger.headers import field_of
from outreach.ledger.import_match import address_of
from outreach.ledger.ledger_file import LedgerReading, read_ledger
from outreach.ledger.outcome import RowOutcome
from outreach.ledger.parsing import parse, request
from outreach.ledger.reading import LIMITS
from tests.unit.ledger import sheet_files
from tests.unit.ledger.people import AS_OF, PLACE, id_number, outcomes, said

SYNONYMS = {
    "name": ["姓名", "老人姓名", "姓 名", "受种者姓名", "Name", "Full name"],
    "sex": ["性别", "性 别", "Sex", "Gender"],
    "id_number": [
        "身份证号",
        "公民身份号码",
        "证件号码",
        "身份证号码\n(18位)",
        "ID number",
        "National ID",
    ],
    "birth_date": ["出生日期", "出生年月日", "生日", "Date of birth", "DOB"],
    "address": ["现住址", "居住地址", "家庭住址", "详细地址", "Address", "Home address"],
    "phone": ["联系电话", "电话", "手机号", "本人电话", "Phone", "Mobile"],
    "family_phone": [
        "家属电话",
        "家属联系方式",
        "子女电话",
        "紧急联系人电话",
        "Family phone",
        "Next of kin phone",
    ],
    "dose_1": ["第一针", "第一剂次", "第1剂", "首针日期", "第一剂接种时间", "First dose", "Dose 1"],
    "dose_2": ["第二针", "第二剂次", "第2剂", "第二针日期", "Second dose", "Dose 2 date"],
    "dose_3": ["加强针", "第三针", "第三剂次", "加强免疫", "Booster", "Third dose"],
    "remark": ["备注", "备 注", "说明", "Remarks", "Notes"],
    "grid": ["网格", "所属网格", "网格名称", "Grid"],
    "building": ["楼栋", "楼号", "Building"],
    "unit": ["单元", "Unit"],
}
PEOPLE = {
    "name": ["赵玉兰", "钱䶮", "孙㛃英"],
    "sex": ["女", "男", "女"],
    "id_number": [id_number(date(1931, 5, 4)), id_number(date(1940, 12, 30), 913), ""],
    "birth_date": ["", "", "1938年5月4日"],
    "address": ["棉纺东路12号院5号楼1单元302", "淮河东路41号院", "陇海中路68号院"],
    "phone": ["13900001111", "68805678", "139 0000-1112"],
    "family_phone": ["13900002222", "", "儿子13900002223"],
    "dose_1": ["2021-07-24", "20210819", "2021年6月14日 科兴"],
    "dose_2": ["2021.8.20", "未接种", "/"],
    "dose_3": ["", "无", ""],
    "remark": ["轮椅", "老伴已故", "现住南三环女儿家"],
    "grid": ["第1网格", "第1网格", "第2网格"],
    "building": ["5", "6", "7"],
    "unit": ["1", "2", "3"],
}
REQUIRED = ("name", "id_number", "birth_date", "phone", "dose_1", "dose_2")


@st.composite
def arrangements(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Draw which columns a community keeps, in what order, under which words."""
    optional = [f for f in SYNONYMS if f not in REQUIRED]
    fields = [*REQUIRED, *draw(st.lists(st.sampled_from(optional), unique=True))]
    fields = draw(st.permutations(fields))
    is_english = draw(st.booleans())
    words = [
        draw(st.sampled_from([w for w in SYNONYMS[f] if w.isascii() == is_english])) for f in fields
    ]
    return fields, words


@settings(max_examples=150, deadline=None)
@given(arrangements(), st.integers(0, 3), st.booleans())
def test_any_order_of_any_known_headers_reads_the_same_people(
    arrangement: tuple[list[str], list[str]], titles: int, has_number: bool
) -> None:
    fields, words = arrangement
    titles_above: list[list[object]] = [
        ["某某社区80岁以上老人接种台账"],
        ["填报日期:2026年11月20日"],
        [""],
    ]
    rows = titles_above[:titles]
    before = ["序号"] if has_number else []
    rows.append([*before, *words])
    rows += [[*([i + 1] if has_number else []), *[PEOPLE[f][i] for f in fields]] for i in range(3)]
    found = [r for r in outcomes(rows) if isinstance(r, RowOutcome)]
    assert [r.values.name for r in found] == PEOPLE["name"]
    assert [said(r) for r in found] == ["imported", "imported", "warning:id_missing"]
    assert [r.values.born_on for r in found] == [
        date(1931, 5, 4), date(1940, 12, 30), date(1938, 5, 4),
    ]  # fmt: skip
    assert [len(r.values.doses) for r in found] == [2, 1, 1]
    assert found[1].values.phones[0].e164 == "+8637168805678"


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("家属姓名", "contact_name"),
        ("联系人电话", "family_phone"),
        ("联系电话（家属）", "family_phone"),
        ("网格员", "ignored"),
        ("网格员电话", "ignored"),
        ("户籍地址", "registered_address"),
        ("身份证住址", "registered_address"),
        ("证件类型", "id_kind"),
        ("出生日期（农历）", "ignored"),
        ("第一针厂家", "dose_1_manufacturer"),
        ("第二针批号", "dose_2_batch"),
        ("第二剂次加强免疫", "dose_4"),
        ("是否接种", "vaccinated"),
        ("未接种原因", "reason"),
        ("居住状况", "health"),
        ("与老人关系", "contact_relation"),
        ("Emergency contact phone", "family_phone"),
        ("2nd booster", "dose_4"),
        ("Resident ID", "id_number"),
        ("面积", None),
        ("住址（楼/单元/室）", "address"),
        ("是否独居", "health"),
        ("是否有高血压", "health"),
        ("是否愿意接种", "ignored"),
        ("是否完成接种", "vaccinated"),
        ("已接种针数", "dose_number"),
        ("接种对象", "name"),
        ("其他", "remark"),
        ("Grid no", "grid"),
        ("Unit no.", "unit"),
        ("D.O.B.", "birth_date"),
        ("Given names", "given_name"),
        ("Landline", "phone"),
        ("Lives alone?", "health"),
        ("是否健在", "health"),
        ("死亡日期", "status"),
        ("迁出时间", "status"),
        ("住院", "status"),
        ("住院号", None),
        ("接种状态", "vaccinated"),
        ("是否接种第一针", "vaccinated"),
        ("是否预约第二针", "ignored"),
        ("受种人", "name"),
        ("接种人员", None),
        ("服务对象", "name"),
        ("邻居电话", "family_phone"),
        ("宅电", "phone"),
    ],
)
def test_headers_that_are_easily_mistaken_mean_what_they_say(
    header: str, meaning: str | None
) -> None:
    assert field_of(header) == meaning


def test_a_name_in_two_columns_is_put_together() -> None:
    chinese = outcomes([["姓", "名", "身份证号", "电话"], ["赵", "玉兰", "", "13900001111"]])
    latin = outcomes([["Surname", "Given name", "Date of birth"], ["Zhao", "Yulan", "1931-05-04"]])
    assert [r.values.name for r in (*chinese, *latin) if isinstance(r, RowOutcome)] == [
        "赵玉兰",
        "Zhao Yulan",
    ]


def test_a_yes_under_whether_somebody_lives_alone_is_no_dose_and_is_kept_as_words() -> None:
    header: list[object] = ["姓名", "身份证号", "电话", "是否独居", "是否接种"]
    number = id_number(date(1931, 5, 4))
    alone, other, counted = outcomes(
        [
            header,
            ["赵玉兰", number, "13900001111", "是", "否"],
            ["钱大", id_number(date(1931, 5, 5)), "13900001112", "否", ""],
            ["孙二", id_number(date(1931, 5, 6)), "13900001113", "", "已接种2针"],
        ]
    )
    assert isinstance(alone, RowOutcome)
    assert isinstance(other, RowOutcome)
    assert isinstance(counted, RowOutcome)
    assert (said(alone), alone.values.health, alone.values.needs) == (
        "imported",
        "独居",
        ("lives_alone",),
    )
    assert (other.values.health, other.values.needs) == ("", ())
    assert said(counted) == "warning:dose_date_unclear"


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("本人:13900001111 儿子:13900002223", [("own", "本人"), ("family", "儿子")]),
        ("13900001111(儿)13900002226(女)", [("family", "儿"), ("family", "女")]),
        ("68805678 儿媳妇李红13900003333", [("own", ""), ("family", "儿媳妇李红")]),
        ("13900001111、女儿13900002226", [("own", ""), ("family", "女儿")]),
    ],
)
def test_each_of_several_numbers_in_a_cell_has_its_own_words(
    cell: str, wanted: list[tuple[str, str]]
) -> None:
    found = outcomes([["姓名", "身份证号", "电话"], ["赵玉兰", id_number(date(1931, 5, 4)), cell]])
    assert isinstance(found[0], RowOutcome)
    assert [(p.owner, p.label) for p in found[0].values.phones] == wanted


def everything(data: bytes | str, **changes: Any) -> LedgerReading:
    return read_ledger(
        data, filename="x", as_of=AS_OF, place=changes.pop("place", PLACE), **changes
    )


FULL = list(SYNONYMS)
TABLE: list[list[object]] = [
    ["棉东社区台账"],
    [SYNONYMS[f][0] for f in FULL],
    *[list[object](PEOPLE[f][i] for f in FULL) for i in range(3)],
    ["合计", "3人"],
]


@pytest.mark.parametrize(
    "data",
    [
        sheet_files.xlsx(TABLE),
        sheet_files.xls(TABLE),
        sheet_files.ods(TABLE),
        sheet_files.text(TABLE).encode(),
        sheet_files.text(TABLE).encode("utf-8-sig"),
        sheet_files.text(TABLE).encode("gb18030"),
        sheet_files.text(TABLE).encode("utf-16"),
        sheet_files.text(TABLE).encode("utf-16-le"),
        sheet_files.text(TABLE, delimiter="\t").encode("gb18030"),
        sheet_files.text(TABLE, delimiter=";").encode(),
        sheet_files.text(TABLE, delimiter="\t"),
    ],
    ids=[
        "xlsx",
        "xls",
        "ods",
        "utf8",
        "bom",
        "gb18030",
        "utf16",
        "utf16le",
        "tsv",
        "semicolon",
        "paste",
    ],
)
def test_every_format_and_encoding_reads_the_same(data: bytes | str) -> None:
    reading = everything(data)
    assert [r.row for r in reading.rows] == [3, 4, 5]
    assert [r.values.name for r in reading.rows] == ["赵玉兰", "钱䶮", "孙㛃英"]
    assert [said(r) for r in reading.rows] == ["imported", "imported", "warning:id_missing"]
    assert reading.rows[2].values.doses[0].product == "科兴"
    assert [s.reason for s in reading.skipped][-1] == "total"


def test_two_header_lines_with_merged_groups_are_joined() -> None:
    table: list[list[object]] = [
        ["台账", *[""] * 9],
        ["序号", "老人信息", "", "", "家属信息", "", "新冠疫苗接种情况", "", "", "备注"],
        ["", "姓名", "身份证号", "电话", "姓名", "电话", "第一针", "第二针", "加强针", ""],
        [
            1,
            "赵玉兰",
            id_number(date(1935, 6, 1)),
            "13900001111",
            "李明",
            "13900002222",
            "2021-07-24",
            "2021.8.20",
            "",
            "轮椅",
        ],
    ]
    spans = ["A1:J1", "A2:A3", "B2:D2", "E2:F2", "G2:I2", "J2:J3"]
    for reading in (
        everything(sheet_files.xlsx(table, merges=spans)),
        everything(sheet_files.text(table)),
    ):
        (row,) = reading.rows
        assert said(row) == "imported"
        assert row.values.contact_name == "李明"
        assert [(p.e164, p.owner) for p in row.values.phones] == [
            ("+8613900001111", "own"),
            ("+8613900002222", "family"),
        ]
        assert [d.number for d in row.values.doses] == [1, 2]
        assert row.values.note == "轮椅"


def test_each_dose_may_have_its_own_date_maker_batch_and_place() -> None:
    table: list[list[object]] = [
        ["姓名", "身份证号", "电话", "第一针", "", "", "第二针", "", ""],
        ["", "", "", "日期", "厂家", "批号", "日期", "厂家", "批号"],
        [
            "赵玉兰",
            id_number(date(1935, 6, 1)),
            "13900001111",
            "2021-07-24",
            "科兴",
            "B1234",
            "2021-08-20",
            "北京生物",
            "C1",
        ],
    ]
    (row,) = everything(sheet_files.text(table)).rows
    assert [(d.number, d.given_on.isoformat(), d.product, d.batch) for d in row.values.doses] == [
        (1, "2021-07-24", "科兴", "B1234"),
        (2, "2021-08-20", "北京生物", "C1"),
    ]


def test_merged_cells_of_a_couple_and_of_a_grid_are_filled_down() -> None:
    table: list[list[object]] = [
        ["网格", "姓名", "身份证号", "住址", "电话"],
        ["第1网格", "赵玉兰", id_number(date(1935, 6, 1)), "淮河东路41号院", "13900001111"],
        ["", "钱大山", id_number(date(1934, 6, 1), 913), "", ""],
        ["", "孙玉英", id_number(date(1936, 6, 1)), "陇海中路68号院", ""],
    ]
    rows = everything(sheet_files.xlsx(table, merges=["A2:A4", "D2:D3", "E2:E3"])).rows
    assert [r.values.grid for r in rows] == ["第1网格"] * 3
    assert [r.values.address for r in rows] == [
        "淮河东路41号院",
        "淮河东路41号院",
        "陇海中路68号院",
    ]
    assert [said(r) for r in rows] == ["imported", "imported", "warning:no_phone"]


def test_blank_lines_totals_signatures_notes_and_repeated_headers_are_no_people() -> None:
    header: list[object] = ["序号", "网格", "姓名", "身份证号", "电话"]
    number = [id_number(date(1930 + i, 6, 1)) for i in range(4)]
    table: list[list[object]] = [
        header,
        ["例", "第1网格", "张三", number[3], "13900001111"],
        [1, "第1网格", "赵玉兰", number[0], "13900001111"],
        ["小计", "", "1人", "", ""],
        ["", "", "", "", ""],
        ["第2网格", "", "", "", ""],
        [2, "", "钱玉英", number[1], "13900001112"],
        header,
        [3, "", "孙玉英", number[2], "13900001113"],
        [4, "", "", "", ""],
        ["合计", "", "3人", "", ""],
        ["注:本表每月更新", "", "", "", ""],
        ["填报人:李某", "", "审核人:", "", "联系电话:13900009999"],
    ]
    found = outcomes(table)
    people = [r for r in found if isinstance(r, RowOutcome)]
    assert [(r.row, r.values.name) for r in people] == [(3, "赵玉兰"), (7, "钱玉英"), (9, "孙玉英")]
    assert [r.values.grid for r in people] == ["第1网格", "第2网格", "第2网格"]
    assert [s.reason for s in found if not isinstance(s, RowOutcome)] == [
        "example", "total", "subtitle", "header", "numbered_only", "total", "note", "signature",
    ]  # fmt: skip


def test_sums_and_places_in_the_name_column_are_no_people() -> None:
    header: list[object] = ["姓名", "身份证号", "电话", "第一针", "第二针", "备注"]
    number = id_number(date(1930, 6, 1))
    found = outcomes(
        [
            header,
            ["康桥小区", "", "", "", "", ""],
            ["赵玉兰", number, "13900001111", "2021-07-24", "", ""],
            ["一网格", "", "", "", "", ""],
            ["小计", "", "", 1, 0, ""],
            ["合计", "", "", "1", "0", ""],
            ["钱玉英", "", "", "", "2021-07-24", ""],
        ]
    )
    assert [r.values.name for r in found if isinstance(r, RowOutcome)] == ["赵玉兰", "钱玉英"]
    assert [s.reason for s in found if not isinstance(s, RowOutcome)] == [
        "subtitle", "subtitle", "total", "total",
    ]  # fmt: skip


def test_a_surname_that_reads_like_a_sum_is_a_name() -> None:
    header: list[object] = ["Name", "Date of birth", "Phone"]
    (found,) = outcomes([header, ["Sum Yuet Ling", "1938-05-04", "13900001111"]])
    assert isinstance(found, RowOutcome)
    assert found.values.name == "Sum Yuet Ling"


@pytest.mark.parametrize(
    ("headers", "cells", "wanted"),
    [
        (["是否健在"], ["否"], "warning:possibly_deceased"),
        (["是否健在"], ["是"], "imported"),
        (["是否在本地居住"], ["否"], "warning:possibly_moved"),
        (["死亡日期"], ["2026-03-01"], "warning:possibly_deceased"),
        (["死亡", "迁出"], ["", "√"], "warning:possibly_moved"),
        (["死亡", "迁出"], ["否", ""], "imported"),
        (["住院日期"], ["2020-03-01"], "imported"),
        (["接种状态", "人员状态"], ["未接种", "死亡"], "warning:possibly_deceased"),
        (["人员状态", "接种状态"], ["正常", "已接种三针"], "warning:dose_date_unclear"),
        (["是否接种第一针", "是否接种加强针"], ["是", "否"], "warning:dose_date_unclear"),
        (["是否接种"], ["已接种（2针）"], "warning:dose_date_unclear"),
        (["是否接种"], ["未接种"], "imported"),
    ],
)
def test_columns_of_their_own_for_what_became_of_somebody_are_heard(
    headers: list[object], cells: list[object], wanted: str
) -> None:
    person = ["赵玉兰", id_number(date(1931, 5, 4)), "13900001111"]
    (found,) = outcomes([["姓名", "身份证号", "电话", *headers], [*person, *cells]])
    assert isinstance(found, RowOutcome)
    assert said(found) == wanted


@pytest.mark.parametrize(
    "header",
    [
        [["家庭住址", "", "", "", "姓名", "身份证号"], ["小区", "楼栋", "单元", "室", "", ""]],
        [["地址(小区)", "地址(楼号)", "地址(单元)", "地址(房号)", "姓名", "身份证号"]],
    ],
)
def test_an_address_in_several_columns_is_kept_whole(header: list[list[object]]) -> None:
    row: list[object] = ["康桥小区", "3", "2", "301", "赵玉兰", id_number(date(1931, 5, 4))]
    found = [r for r in outcomes([*header, row]) if isinstance(r, RowOutcome)]
    assert [address_of(r.values) for r in found] == ["康桥小区3号楼2单元301"]


def test_the_sheet_with_people_is_chosen_and_the_others_are_named() -> None:
    data = sheet_files.workbook(
        {"填表说明": [["请按要求填写"], ["不要合并单元格"]], "第1网格": TABLE, "第2网格": TABLE[:4]}
    )
    reading = everything(data)
    assert (reading.head.sheet, reading.head.other_sheets) == ("第1网格", ("第2网格",))
    assert len(everything(data, sheet="第2网格").rows) == 2


def test_moment_2h_english_headers_are_understood_and_an_unclear_order_is_asked() -> None:
    table: list[list[object]] = [
        ["Full name", "Date of birth", "Phone", "First dose", "Booster", "Notes"],
        ["Mary Smith", "05/04/1938", "13900001111", "25/06/2021", "", "wheelchair"],
        ["John  Smith", "1938-04-05", "13900001112", "06/07/2021", "4 May 2022", "wife died 2019"],
    ]
    asked = everything(sheet_files.text(table))
    assert [said(r) for r in asked.rows] == [
        "error:birth_unknown",
        "warning:id_missing+dose_date_unclear",
    ]
    assert asked.questions == ("date_order",)
    assert asked.rows[1].values.name == "John Smith"
    assert asked.head.columns is not None
    answered = everything(
        sheet_files.text(table),
        column_map=asked.head.columns.changed(asked.head.columns.fields, date_order="dmy"),
    )
    assert answered.rows[0].values.born_on == date(1938, 4, 5)
    assert answered.rows[1].values.doses[0].given_on == date(2021, 7, 6)
    assert answered.questions == ()


def test_moment_1j_another_place_has_its_own_phones_dates_and_no_numbers() -> None:
    place = PlaceRules(
        country="GB", area_code="0117", id_scheme="none", date_order="dmy", minimum_age=75
    )
    table: list[list[object]] = [
        ["Name", "Date of birth", "Phone", "First dose"],
        ["Mary Smith", "05/04/1938", "07400 123456", "06/07/2021"],
    ]
    (row,) = everything(sheet_files.text(table), place=place).rows
    assert said(row) == "imported"
    assert row.values.born_on == date(1938, 4, 5)
    assert row.values.phones[0].e164 == "+447400123456"
    assert PlaceRules.from_json(place.to_json()) == place


def test_what_a_column_holds_speaks_where_its_header_does_not() -> None:
    table: list[list[object]] = [
        ["ID", "姓名", "年龄(截至2026-12-01)", "公民号", "通讯"],
        [1, "赵玉兰", 91, id_number(date(1935, 6, 1)), "13900001111"],
        [2, "钱玉英", 90, id_number(date(1936, 6, 1)), "13900001112"],
    ]
    found = [r for r in outcomes(table) if isinstance(r, RowOutcome)]
    assert [said(r) for r in found] == ["imported", "imported"]
    assert found[0].values.phones[0].e164 == "+8613900001111"


def test_a_map_changed_by_the_user_is_kept_and_found_again_under_its_headers() -> None:
    rows = list(enumerate(TABLE, start=1))
    guess = guess_columns(rows)  # type: ignore[arg-type]
    assert guess is not None
    changed = guess.changed({**guess.fields, 4: "ignored"})
    remembered = {guess.signature: changed.to_json()}
    again = guess_columns(rows, remembered=remembered)  # type: ignore[arg-type]
    assert again is not None
    assert again.fields == changed.fields
    assert ColumnMap.from_json(changed.to_json()) == changed
    with pytest.raises(ValueError, match="unknown field"):
        guess.changed({0: "shoe_size"})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.text(max_size=12), st.floats(allow_nan=False, allow_infinity=False),
                st.integers(-(10**18), 10**18), st.booleans(), st.dates(), st.none(),
            ),
            min_size=13, max_size=13,
        ),
        max_size=5,
    )
)  # fmt: skip
def test_whatever_stands_in_the_cells_each_row_comes_out_once_or_is_named_as_skipped(
    cells: list[list[Any]],
) -> None:
    fields = [f for f in SYNONYMS if f != "unit"]
    found = outcomes([[SYNONYMS[f][0] for f in fields], *cells])
    numbers = [item.row for item in found]
    assert numbers == sorted(set(numbers))
    blank = [n for n, row in enumerate(cells, start=2) if all(c in ("", None) for c in row)]
    assert set(numbers) | set(blank) == set(range(2, len(cells) + 2))


def test_in_one_process_the_frames_are_those_of_the_child() -> None:
    wanted = request(
        as_of=AS_OF,
        place=PLACE,
        column_map=None,
        sheet=None,
        is_text=False,
        limits=LIMITS,
        remembered=None,
    )
    names = [name for name, _ in parse("ledger", sheet_files.xlsx(TABLE), wanted)]
    assert names == ["head", "rows", "tail"]
