"""Commands about access: a new one-time link for an administrator."""

from __future__ import annotations

import argparse
from typing import Any

from outreach.accounts.links import first_administrator_link
from outreach.cli.output import answer
from outreach.config import Settings, load_settings
from outreach.kernel.clock import real_now
from outreach.services import build_services


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    link = commands.add_parser("admin-link", help="make a new one-time link for an administrator")
    link.set_defaults(run=_admin_link)


def link_address(settings: Settings, token: str, *, base: str = "") -> str:
    """Return the full address of a one-time link."""
    root = base or settings.public_url or f"http://{settings.host}:{settings.port}"
    return f"{root}/link/{token}"


def _admin_link(_options: argparse.Namespace) -> int:
    services = build_services(load_settings())
    with services.database.write() as session:
        token = first_administrator_link(session, now=real_now())
    services.database.close()
    answer({"link": link_address(services.settings, token)})
    return 0
