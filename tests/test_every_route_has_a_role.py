"""Every route states its right, the list of them is known, and nobody without the right gets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from outreach.accounts.codes import Role
from outreach.accounts.queries import get_user
from outreach.accounts.sittings import open_sitting
from outreach.app import create_app
from outreach.config import Settings
from outreach.kernel.clock import real_now
from outreach.services import Services, build_services
from outreach.vault import new_vault, save_vault
from outreach.web.access import Door, Right, right_of
from outreach.web.visit import SITTING
from tests.builders.office import add_member, build_office
from tests.routes import LIST, listed

SAMPLE: dict[str, Any] = {"IntegerConverter": 1, "DateConverter": "2026-11-20"}


@pytest.fixture
def services(sqlite_url: str, tmp_path: Path) -> Services:
    settings = Settings(instance=tmp_path, database_url=sqlite_url)
    save_vault(new_vault(), settings.keys_file)
    return build_services(settings)


@pytest.fixture
def app(services: Services) -> Flask:
    made = create_app(services)
    made.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    return made


def test_every_route_states_its_right(app: Flask) -> None:
    with app.app_context():
        without = [
            str(rule) for rule in app.url_map.iter_rules() if right_of(rule.endpoint) is None
        ]
    assert not without


def test_the_list_of_routes_and_rights_is_the_one_that_was_looked_at(app: Flask) -> None:
    known = LIST.read_text(encoding="utf-8").splitlines()
    assert listed(app) == known, "look at the change, then: python -m tests.routes_listed"


def test_every_role_is_kept_out_of_the_routes_of_the_others(app: Flask, services: Services) -> None:
    """Asks every route as every role, for rows that do not exist: 403 without the right, never a 5xx."""
    with services.database.write() as session:
        office = build_office(session)
        tokens = {}
        for role in Role:
            user = get_user(session, add_member(session, f"the_{role}", (role, office.district)))
            tokens[role] = open_sitting(session, user=user, now=real_now())
    let_in, broken = [], []
    for role, token in tokens.items():
        client = app.test_client()
        with client.session_transaction() as kept:
            kept[SITTING] = token
        for rule, address, right in _addresses(app):
            if right.door is not Door.ROLES or role in right.roles:
                continue
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                status = client.open(address, method=method).status_code
                if status >= 500:
                    broken.append(f"{role} {method} {address}: {status}")
                if status != 403:
                    let_in.append(f"{role} {method} {address}: {status}")
    assert not broken
    assert not let_in


def test_nobody_signed_in_reaches_no_page_of_staff(app: Flask, services: Services) -> None:
    with services.database.write() as session:
        build_office(session)
    client = app.test_client()
    let_in = []
    for rule, address, right in _addresses(app):
        if right.door not in {Door.ROLES, Door.SIGNED_IN}:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(address, method=method)
            if answer.status_code != 303 or not answer.location.startswith("/login"):
                let_in.append(f"{method} {address}: {answer.status_code}")
    assert not let_in


def sample(converter: BaseConverter) -> Any:
    """Return a value that fits a variable part of an address."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return SAMPLE.get(type(converter).__name__, "x")


def _addresses(app: Flask) -> list[tuple[Rule, str, Right]]:
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {name: sample(converter) for name, converter in rule._converters.items()}
            right = right_of(rule.endpoint)
            if right is not None and rule.endpoint != "static":
                found.append((rule, url_for(rule.endpoint, **values), right))
    return found
