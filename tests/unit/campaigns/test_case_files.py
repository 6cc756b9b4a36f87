"""Files of cases: small ones of our own, worked by hand, in the layout of the published ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.campaigns.case_files import forecast_cases
from tests.unit.campaigns.case_table import TABLE

OWN = TABLE.with_name("us-own-cases.csv")
EXPECTED = {
    "own-1": ("Not complete", [], "2013-04-05", "2013-04-05", None),
    "own-2": ("Not complete", ["Valid", "Not Valid"], "2019-07-23", "2019-07-23", None),
    "own-3": ("Not complete", ["Valid"], "2020-03-03", "2020-03-03", None),
    "own-4": ("Not complete", ["Valid"], "2035-03-03", "2035-03-03", "2035-03-03"),
    "own-5": ("Complete", ["Valid", "Extraneous"], None, None, None),
    "own-6": ("Not complete", ["Valid"], "2025-07-18", "2025-07-18", None),
    "own-7": ("Complete", ["Valid", "Extraneous"], None, None, None),
    "own-8": ("Not complete", ["Not Valid"], "2025-09-29", "2025-09-29", None),
}


def test_every_case_of_our_own_comes_out_as_worked_by_hand():
    found = {
        answer["CDC_Test_ID"]: (
            answer["series_status"],
            answer["evaluations"],
            answer["earliest"],
            answer["recommended"],
            answer["past_due"],
        )
        for answer in forecast_cases(OWN, "us-test")
    }
    assert found == EXPECTED


def test_a_dose_that_does_not_count_says_why():
    answers = {answer["CDC_Test_ID"]: answer for answer in forecast_cases(OWN, "us-test")}
    assert answers["own-2"]["evaluation_reasons"] == [None, "Live Virus Conflict"]
    assert answers["own-8"]["evaluation_reasons"] == ["Vaccine: Wrong Type"]


def test_what_no_rules_know_is_not_guessed_and_stops_no_other_row(tmp_path: Path):
    file = tmp_path / "cases.csv"
    text = OWN.read_text(encoding="utf-8").replace("ZOSTER,2025-11-01", "POL,2025-11-01", 1)
    file.write_text(text.replace("2019-05-01,3,", "2019-05-01,999,", 1), encoding="utf-8")
    answers = forecast_cases(file, "us-test")
    assert len(answers) == len(EXPECTED)
    assert (answers[0]["CDC_Test_ID"], answers[0]["series_status"]) == ("own-1", None)
    assert set(answers[0]) == set(answers[1])
    assert answers[1]["evaluations"] == [None, "Valid"]


@pytest.mark.parametrize(
    ("found", "replaced", "field", "problem"),
    [
        ("1963-04-05", "05/04/1963", "DOB", "no date"),
        ("1963-04-05", "", "DOB", "empty"),
        ("ZOSTER,2025-11-01", ",2025-11-01", "Vaccine_Group", "empty"),
        ("2019-05-28,121", "2019-05-28,", "CVX_2", "empty"),
    ],
)
def test_a_case_that_cannot_be_read_names_line_and_column_and_stops_no_other(
    tmp_path: Path, found: str, replaced: str, field: str, problem: str
):
    file = tmp_path / "cases.csv"
    text = OWN.read_text(encoding="utf-8")
    assert found in text
    place = text[: text.index(found)].count("\n")
    file.write_text(text.replace(found, replaced, 1), encoding="utf-8")
    answers = forecast_cases(file, "us-test")
    unread = answers.pop(place - 1)
    assert unread["CDC_Test_ID"] == f"own-{place}"
    assert unread["series_status"] is unread["evaluations"] is None
    assert unread["problem"] == {"field": field, "line": place + 1, "problem": problem}
    assert {a["CDC_Test_ID"]: a["series_status"] for a in answers} == {
        name: status for name, (status, *_) in EXPECTED.items() if name != f"own-{place}"
    }
