"""Packs: all that ship are sound, and a wrong one is refused with file, place and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outreach.campaigns.rule_packs import (
    PACKS,
    NoRuleSet,
    PackRefused,
    find_product,
    load_packs,
    pack,
    read_pack_file,
    rule_set_body,
    rule_set_from,
    rule_set_in_force,
)

GOOD = (PACKS / "cn-ppv23.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("rules", load_packs(), ids=lambda rules: rules.code)
def test_a_shipped_pack_is_named_like_its_file_and_survives_being_stored(rules):
    assert (PACKS / f"{rules.code}.yaml").is_file()
    assert rule_set_from(rule_set_body(rules), file="stored") == rules


@pytest.mark.parametrize("rules", load_packs(), ids=lambda rules: rules.code)
def test_every_source_of_a_shipped_pack_is_used_by_a_figure(rules):
    body = str(rule_set_body(rules) | {"sources": {}})
    if rules.code != "cn-covid19-2023-04":  # keeps what it took from the set before it
        assert [key for key in rules.sources if repr(key) not in body] == []


def test_the_rules_in_force_follow_the_day():
    chinese = pack("cn")
    for on, code in (
        (date(2022, 12, 13), "cn-covid19-2022-12"),
        (date(2023, 4, 9), "cn-covid19-2022-12"),
        (date(2023, 4, 10), "cn-covid19-2023-04"),
        (date(2026, 12, 1), "cn-covid19-2023-04"),
    ):
        assert rule_set_in_force(chinese, vaccine="covid19", on=on).code == code
    with pytest.raises(NoRuleSet):
        rule_set_in_force(chinese, vaccine="covid19", on=date(2022, 12, 12))
    with pytest.raises(NoRuleSet):
        pack("atlantis")


@pytest.mark.parametrize(
    ("found", "replaced", "path", "word"),
    [
        ("grace_days: 0\n", "", "grace_days", "required"),
        ("grace_days: 0", "grace_days: 0\ngrace_dayz: 4", "grace_dayz", "Extra"),
        ("minimum: 1 year", "minimum: 1 yeer", "series.0.doses.0.intervals.0.minimum", "period"),
        ("valid_from: 2012-01-01", "valid_from: soon", "valid_from", "date"),
        ("valid_from: 2012-01-01", "valid_from: 2012-01-01\nvalid_to: 2011-01-01", "", "before"),
        ("accepts: [ppv23]", "accepts: [ppv99]", "", "ppv99"),
        ("source: city-programmes", "source: hearsay", "", "hearsay"),
        ("reaches: full", "repeats: true", "series.0.doses.0", "season"),
        ("code: one-dose", "code: one-dose\n    open_to_new: false", "", "open to everyone"),
        ("code: one-dose", "code: One Dose", "series.0.code", "pattern"),
        ("since: [pcv13]", "since: dose 1", "series.0", "counts from dose 1"),
        ("pack: cn", "pack: cn\npack: cn", "", "stands twice"),
        ("pack: cn", "pack: [cn", "", "expected"),
        ("pack: cn", "pack: cn\nextends: nowhere", "extends", "nowhere.yaml"),
        ("minimum: 1 year", "minimum: 1", "series.0.doses.0.intervals.0.minimum", ""),
    ],
)
def test_a_wrong_pack_is_refused_with_file_place_and_remedy(
    tmp_path: Path, found: str, replaced: str, path: str, word: str
):
    assert found in GOOD
    file = tmp_path / "wrong.yaml"
    file.write_text(GOOD.replace(found, replaced, 1), encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        read_pack_file(file)
    facts = refused.value.facts
    assert facts["file"] == "wrong.yaml"
    assert str(facts["path"]).startswith(path)
    assert word in str(facts["problem"])
    assert facts["remedy"]


def test_a_dose_that_repeats_must_be_the_last():
    body = rule_set_body(rule_set_in_force(pack("cn"), vaccine="influenza", on=date(2026, 1, 1)))
    doses = body["series"][0]["doses"]
    doses.append(doses[0] | {"label": "again"})
    with pytest.raises(PackRefused) as refused:
        rule_set_from(body, file="stored")
    assert "not the last" in str(refused.value.facts["problem"])


def test_a_name_given_twice_is_refused():
    body = rule_set_body(rule_set_in_force(pack("cn"), vaccine="ppv23", on=date(2026, 1, 1)))
    body["products"] *= 2
    with pytest.raises(PackRefused) as refused:
        rule_set_from(body, file="stored")
    assert "named twice" in str(refused.value.facts["problem"])


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path):
    with pytest.raises(PackRefused):
        read_pack_file(tmp_path / "absent.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackRefused):
        read_pack_file(tmp_path / "bytes.yaml")
    (tmp_path / "list.yaml").write_text("- 1", encoding="utf-8")
    with pytest.raises(PackRefused):
        read_pack_file(tmp_path / "list.yaml")


def test_two_rule_sets_for_one_day_are_refused(tmp_path: Path):
    (tmp_path / "one.yaml").write_text(GOOD, encoding="utf-8")
    newer = GOOD.replace("code: cn-ppv23", "code: cn-ppv23-new", 1).replace(
        "2012-01-01", "2026-01-01"
    )
    (tmp_path / "two.yaml").write_text(newer, encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        load_packs(tmp_path)
    assert refused.value.facts["path"] == "valid_from"


@pytest.mark.parametrize(
    ("name", "maker", "code"),
    [
        ("重组新型冠状病毒疫苗(CHO细胞)", "安徽智飞龙科马", "zf2001"),
        ("重组新型冠状病毒疫苗（CHO细胞）", "", "zf2001"),
        ("新型冠状病毒灭活疫苗(Vero细胞)", "北京科兴中维", "coronavac"),
        ("新型冠状病毒灭活疫苗(Vero细胞)", "北京生物制品研究所", "bbibp"),
        ("新型冠状病毒灭活疫苗(Vero细胞)", "", "inactivated"),
        ("四价流感病毒裂解疫苗", "", "flu-inactivated"),
        ("coronavac", "", "coronavac"),
        ("某种疫苗", "", None),
        ("", "", None),
    ],
)
def test_a_register_s_product_is_known_by_name_and_maker_and_never_guessed(name, maker, code):
    assert find_product(pack("cn"), name=name, maker=maker) == code
