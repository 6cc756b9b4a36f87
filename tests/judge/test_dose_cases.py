"""The dose rules against published United States cases, which stay outside this repository."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from outreach.campaigns.case_files import forecast_cases


def _file() -> Path:
    shared = os.environ.get("OUTREACH_SHARED", "")
    path = Path(shared) / "data" / "doses" / "cdsi-adult-cases.csv"
    if not shared or not path.is_file():
        pytest.fail(
            "OUTREACH_SHARED must name the folder that holds data/doses/cdsi-adult-cases.csv; "
            "the file is other people's and never enters this repository"
        )
    return path


def _expected(row: dict[str, str]) -> dict[str, object]:
    return {
        "CDC_Test_ID": row["CDC_Test_ID"],
        "series_status": row["Series_Status"],
        "evaluations": [
            row[f"Evaluation_Status_{number}"]
            for number in range(1, 8)
            if row[f"Date_Administered_{number}"]
        ],
        "earliest": row["Earliest_Date"] or None,
        "recommended": row["Recommended_Date"] or None,
        "past_due": row["Past_Due_Date"] or None,
    }


def test_every_published_adult_case_comes_out_as_expected():
    path = _file()
    with path.open(encoding="utf-8-sig", newline="") as lines:
        expected = [_expected(row) for row in csv.DictReader(lines)]
    found = [
        {key: answer[key] for key in expected[0]} for answer in forecast_cases(path, "us-test")
    ]
    assert len(expected) >= 14
    assert found == expected
