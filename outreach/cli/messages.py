"""Commands about messages: send one through the outbox like everything else."""

from __future__ import annotations

import argparse
from typing import Any

from outreach.audit.trail import record
from outreach.cli.database import set_start_clock
from outreach.cli.output import answer
from outreach.config import load_settings
from outreach.contact.campaign_sending import resume_all
from outreach.contact.codes import Purpose
from outreach.kernel.clock import real_now
from outreach.places.queries import business_clock
from outreach.services import build_services
from outreach.workflows.send_one import send_one


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    send = commands.add_parser("send", help="send one text through the outbox")
    send.add_argument("--to", required=True, help="the number, in E.164")
    send.add_argument("--purpose", required=True, choices=[p.value for p in Purpose])
    send.add_argument("--body", required=True)
    send.add_argument(
        "--json", action="store_true", help="print the result as JSON (the only form)"
    )
    send.set_defaults(run=_send)
    resume = commands.add_parser(
        "resume-sending", help="let messages go out again, after a restore"
    )
    resume.set_defaults(run=_resume)


def _send(options: argparse.Namespace) -> int:
    services = build_services(load_settings())
    set_start_clock(services)
    sent = send_one(
        services.database,
        services.routes,
        to=options.to,
        purpose=Purpose(options.purpose),
        body=options.body,
        real_now=real_now,
    )
    services.database.close()
    answer(sent.to_json())
    return 0


def _resume(_options: argparse.Namespace) -> int:
    services = build_services(load_settings())
    with services.database.write() as session:
        control = resume_all(session)
        record(
            session,
            act="sending_resumed",
            subject=("sending_control", control.id),
            by=None,
            now=business_clock(session).now(),
            actor="command_line",
        )
    services.database.close()
    return 0
