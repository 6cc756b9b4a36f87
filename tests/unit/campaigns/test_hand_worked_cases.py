"""Chinese cases worked by hand from the policy texts, kept in a table of their own."""

from __future__ import annotations

import pytest

from outreach.campaigns.dose_rules import assess
from tests.unit.campaigns.case_table import HandWorked, answer, read_table

CASES = read_table()


def test_there_are_at_least_sixty_cases_and_no_two_share_a_name():
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hand_worked_case_comes_out_as_the_policy_says(case: HandWorked):
    found = answer(assess(case.person, case.rules, as_of=case.as_of))
    assert found == {key: case.expected[key] for key in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_names_a_source_of_its_rule_set_and_a_reason(case: HandWorked):
    assert case.expected["source"] in case.rules.sources
    assert case.expected["reasoning"]
