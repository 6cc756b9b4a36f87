"""Words that change lives: heard when they are news of this person, not of a relative or the past."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.ledger.remarks import read_remark
from tests.unit.ledger.people import AS_OF, one, person, said


@pytest.mark.parametrize(
    "remark",
    [
        "已故", "已去世(2026年3月)", "2019年去世", "女儿说老人已去世", "据儿子反映已病故",
        "家属称已去世", "在女儿家去世",
        "本人及老伴均已故", "夫妻均已去世", "老伴已故，本人2025年病逝", "住院期间去世", "户口已注销", "死亡",
        "deceased 2026", "passed away in May", "已去世，老伴健在", "女儿电话通知已去世",
        "己故", "巳故", "去逝", "过逝", "已 故", "去　世", "已亡", "老人已走", "人已不在",
        "今年3月走了", "夫妻双亡",
    ],
)  # fmt: skip
def test_moment_2f_death_words_hold_every_message(remark: str) -> None:
    outcome = one(person(remark=remark))
    assert said(outcome) == "warning:possibly_deceased"
    assert (outcome.values.hold, outcome.values.may_message) == ("all", False)
    assert outcome.values.note == remark


@pytest.mark.parametrize(
    "remark",
    [
        "老伴已故", "老伴去世，独居", "老伴，已故", "丈夫2019年因病去世", "配偶：已故",
        "母亲已去世", "长子去世", "儿子死亡",
        "丧偶", "未去世", "误报已故,健在", "wife died 2019", "not deceased", "儿子搬走了，独居", "子女均在外地",
        "女儿在外地工作", "2019年搬来", "未搬走", "拆迁户", "去年去外地,现已回", "2019年住院",
        "去年住院", "曾住院",
        "老伴住院", "无住院史", "住院，已出院", "儿子在养老院工作", "老伴在养老院", "不愿去养老院", "外出不便",
        "现住南三环女儿家,电话13900009911", "行动不便", "糖尿病", "高血压", "",
        "其子已故", "夫已故", "家中有亲人去世", "原户主已故", "已走访", "老人已走访慰问",
        "行动不便，无法外出", "不宜外出", "很少外出", "需人陪同外出",
        "户籍在外地", "外地户口，长期居住本社区", "儿子家住外地，偶尔来", "儿子住养老院", "原养老院职工",
        "陪老伴住院", "照顾住院的儿子", "住院回来", "心脏支架住院后恢复",
    ],
)  # fmt: skip
def test_moment_2f_others_the_past_and_denials_are_no_news(remark: str) -> None:
    outcome = one(person(remark=remark))
    assert said(outcome) == "imported"
    assert outcome.values.may_message


@pytest.mark.parametrize(
    ("remark", "code"),
    [
        ("搬走了,去外地儿子家", "possibly_moved"),
        ("随女儿搬走", "possibly_moved"),
        ("被儿子接到北京定居", "possibly_moved"),
        ("已随女儿去北京居住", "possibly_moved"),
        ("跟儿子住上海", "possibly_moved"),
        ("在深圳儿子家带孙子", "possibly_moved"),
        ("已迁出", "possibly_moved"),
        ("人户分离", "possibly_moved"),
        ("moved to Beijing", "possibly_moved"),
        ("跟儿子去上海了", "possibly_moved"),
        ("回农村老家", "possibly_moved"),
        ("现居外地", "possibly_moved"),
        ("搬至金水区", "possibly_moved"),
        ("不在此居住", "possibly_moved"),
        ("在医院", "possibly_hospital"),
        ("女儿陪同住院", "possibly_hospital"),
        ("由女儿照顾住院中", "possibly_hospital"),
        ("住颐养院", "possibly_nursing_home"),
        ("去海南过冬", "possibly_away"),
        ("女儿陪同旅游", "possibly_away"),
        ("住院，女儿回来照顾", "possibly_hospital"),
        ("住院", "possibly_hospital"),
        ("正在住院治疗", "possibly_hospital"),
        ("2026年11月住院", "possibly_hospital"),
        ("2022年住院至今", "possibly_hospital"),
        ("in hospital since May", "possibly_hospital"),
        ("入住养老院", "possibly_nursing_home"),
        ("外出旅游", "possibly_away"),
    ],
)
def test_moment_2f_other_words_hold_nudges_only(remark: str, code: str) -> None:
    outcome = one(person(remark=remark))
    assert said(outcome) == f"warning:{code}"
    assert outcome.values.hold == "nudges"


@pytest.mark.parametrize("field", ["dose_1", "phone", "name"])
def test_a_death_is_heard_wherever_it_is_written(field: str) -> None:
    written = "赵玉兰（已故）" if field == "name" else "已故"
    outcome = one(person(**{field: written}))
    assert "possibly_deceased" in outcome.codes
    assert outcome.values.hold == "all"
    assert outcome.values.name == "赵玉兰"


def test_hospital_is_news_or_history_by_the_day_of_the_import() -> None:
    remark = "2026年3月住院"
    assert read_remark(remark, as_of=date(2026, 4, 1)).reports
    assert not read_remark(remark, as_of=AS_OF).reports


@pytest.mark.parametrize(
    "remark",
    [
        "住北京路12号",
        "儿子在上海住",
        "曾在上海路居住",
        "女儿在美国",
        "不去北京居住",
        "陪老伴去上海看病",
    ],
)
def test_another_city_in_a_remark_is_no_move_of_this_person(remark: str) -> None:
    assert read_remark(remark, as_of=AS_OF).reports == ()


def test_needs_of_the_journey_are_found_for_this_person_alone() -> None:
    assert read_remark("轮椅，听力差，独居", as_of=AS_OF).needs == (
        "wheelchair",
        "hearing",
        "lives_alone",
    )
    assert read_remark("老伴卧床", as_of=AS_OF).needs == ()
    assert read_remark("现住大女儿家，晕车", as_of=AS_OF).needs == ("stays_elsewhere", "carsick")
