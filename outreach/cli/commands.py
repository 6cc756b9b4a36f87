"""Every command, and running one: results go to stdout, words to stderr."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence

import outreach.cli.accounts as accounts_commands
import outreach.cli.checks as checks_commands
import outreach.cli.database as database_commands
import outreach.cli.engine as engine_commands
import outreach.cli.messages as message_commands
import outreach.cli.people as people_commands
import outreach.cli.serving as serving_commands
from outreach import __version__
from outreach.cli.output import say
from outreach.config import SettingsWrong
from outreach.kernel.errors import OutreachError
from outreach.vault import KeysMissing

GROUPS = (
    database_commands,
    accounts_commands,
    serving_commands,
    people_commands,
    message_commands,
    engine_commands,
    checks_commands,
)

Command = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Return the parser of every command; each sub-parser sets ``run`` to its function."""
    top = argparse.ArgumentParser(
        prog="python -m outreach",
        description="The three-dedicated service: ledger, reminders and rides for people aged 80+.",
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_commands(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (2: wrong use or settings, 1: it could not be done)."""
    options = parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    try:
        run: Command = options.run
        return run(options)
    except SettingsWrong as error:
        for problem in error.problems:
            say(problem)
        return 2
    except KeysMissing as error:
        say(f"{error}: run `python -m outreach init` first, or put keys.json of this database back")
        return 2
    except OutreachError as error:
        facts = ", ".join(f"{k}={v}" for k, v in error.facts.items())
        say(f"{error.code}{': ' + facts if facts else ''}")
        return 1
    except KeyboardInterrupt:
        return 130
