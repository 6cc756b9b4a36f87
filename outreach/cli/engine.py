"""Commands that need no database: solve an instance, forecast doses of cases."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from outreach.cli.output import answer, say


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    solve = commands.add_parser("solve", help="plan a Cordeau file or a district day")
    solve.add_argument("instance", type=Path)
    solve.add_argument("--seconds", type=float, help="time limit; the best plan so far is printed")
    solve.add_argument("--iterations", type=int, help="stop after so many iterations instead")
    solve.add_argument("--threads", type=int, default=2)
    solve.add_argument("--seed", type=int, default=1)
    solve.add_argument(
        "--json", action="store_true", help="print the result as JSON (the only form)"
    )
    solve.set_defaults(run=_solve)
    forecast = commands.add_parser("forecast", help="evaluate and forecast doses of a case file")
    forecast.add_argument("cases", type=Path)
    forecast.add_argument("--rules", required=True, help="rule pack, e.g. us-test")
    forecast.add_argument(
        "--json", action="store_true", help="print the result as JSON (the only form)"
    )
    forecast.set_defaults(run=_forecast)


def _solve(options: argparse.Namespace) -> int:
    from outreach.routing.files import solve_file

    if options.seconds is None and options.iterations is None:
        options.seconds = 10.0
    answer(
        solve_file(
            options.instance,
            seconds=options.seconds,
            threads=options.threads,
            seed=options.seed,
            iterations=options.iterations,
        )
    )
    return 0


def _forecast(options: argparse.Namespace) -> int:
    from outreach.campaigns.case_files import forecast_cases

    try:
        answers = forecast_cases(options.cases, options.rules)
    except FileNotFoundError:
        say(f"no such file: {options.cases}")
        return 2
    answer(answers)
    for problem in (row["problem"] for row in answers if row["problem"]):
        say("line {line}: {field}: {problem}; this case has no forecast".format(**problem))
    return 0
