"""Fault row 69: whatever is sent to whichever route, no page answers that we have failed (schemathesis)."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.config import SchemathesisConfig

from outreach.accounts.codes import Role
from outreach.accounts.models import RoleGrant
from outreach.accounts.operations import add_user
from outreach.accounts.sittings import open_sitting
from outreach.db import Database
from outreach.kernel.clock import real_now
from outreach.places.models import Area
from outreach.web.cookies import NAME
from outreach.web.visit import SITTING
from tests.builders.town import NOW

WEB = Path(__file__).resolve().parents[3] / "outreach" / "web"
OWN_METHODS = frozenset({"HEAD", "OPTIONS"})
GROUPS = 6
CASES = 6  # per route and group of inputs; the nightly run of a developer may raise it
FIELD = re.compile(
    r"""\.(?:text|secret|whole|decimal|day|clock|moment|one_of|code|yes|many)\(\s*["'](\w+)["']"""
)
# Days, numbers and codes that get past the first look, beside whatever schemathesis thinks of.
PLAUSIBLE = [
    "1",
    "0",
    "-1",
    "99999999999999999999",
    "2022-12-15",
    "2022-12-15T09:30",
    "09:30",
    "M2",
    "C01",
    "C14",
    "D11",
    "V04",
    "A5",
    "our_car",
    "1@1671068400",
    "13800001234",
    "赵桂英",
    "<script>{{7*7}}' OR 1=1--%s\u202e",
    "=HYPERLINK(1)",
]


def _word() -> dict[str, Any]:
    return {"anyOf": [{"enum": PLAUSIBLE}, {"type": "string", "maxLength": 40}]}


def _fields_of(app: Flask, endpoint: str) -> list[str]:
    """Return the names of fields that the module of a view reads."""
    module = app.view_functions[endpoint].__module__
    file = WEB.parent.parent / (module.replace(".", "/") + ".py")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return sorted(set(FIELD.findall(text)))


def _operation(app: Flask, endpoint: str, method: str, arguments: dict[str, str]) -> dict[str, Any]:
    fields = {name: _word() for name in _fields_of(app, endpoint)}
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0, "maximum": 9}
            if kind == "IntegerConverter"
            else {"type": "string", "minLength": 1, "maxLength": 20},
        }
        for name, kind in arguments.items()
    ]
    told: dict[str, Any] = {"responses": {"200": {"description": "an answer"}}}
    if method == "POST":
        file = {"file": {"type": "string", "format": "binary"}}
        told["requestBody"] = {
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {"type": "object", "properties": fields}
                },
                "multipart/form-data": {
                    "schema": {"type": "object", "properties": {**fields, **file}}
                },
                "application/json": {"schema": {}},
            }
        }
    else:
        parameters += [
            {"name": name, "in": "query", "schema": schema} for name, schema in fields.items()
        ]
    return {**told, "parameters": parameters}


def described(app: Flask) -> dict[str, Any]:
    """Describe all routes the way an OpenAPI file would, from the application itself."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        arguments = {name: type(converter).__name__ for name, converter in rule._converters.items()}
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - OWN_METHODS:
            operation = _operation(app, rule.endpoint, method, arguments)
            paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.0.3",
        "info": {"title": "every route", "version": "1"},
        "paths": paths,
    }


class Signed:
    """The application as a member of staff with every right meets it, its description included."""

    def __init__(self, app: Flask) -> None:
        self.app, self.cookie = app, ""
        self.description = json.dumps(described(app)).encode()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterator[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            start_response("200 OK", [("Content-Type", "application/json")])
            return iter([self.description])
        environ["HTTP_COOKIE"] = self.cookie
        return self.app(environ, start_response)  # type: ignore[return-value]


def _signed_in(app: Flask, database: Database, name: str) -> str:
    """Add somebody who may do everything everywhere and return their cookie."""
    with database.write() as session:
        user = add_user(session, username=name, display_name="全权", now=NOW, by=None)
        district = session.query(Area.id).order_by(Area.id).limit(1).scalar()
        session.add_all(
            RoleGrant(user_id=user.id, role=role, area_id=district, granted_at=NOW) for role in Role
        )
        token = open_sitting(session, user=user, now=real_now())
    client = app.test_client()
    with client.session_transaction() as kept:
        kept[SITTING] = token
    cookie = client.get_cookie(NAME)
    assert cookie is not None
    return f"{NAME}={cookie.value}"


@pytest.mark.parametrize("group", range(GROUPS))
def test_fault_69_no_input_makes_a_route_fail(
    app: Flask, town_database: Database, caplog: pytest.LogCaptureFixture, group: int
) -> None:
    signed = Signed(app)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", signed, config=SchemathesisConfig())
    failed: list[str] = []
    operations = [found.ok() for found in schema.get_all_operations()]
    for number, operation in enumerate(operations):
        if number % GROUPS != group:
            continue
        signed.cookie = _signed_in(app, town_database, f"everybody{number}")

        @settings(
            max_examples=CASES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            with caplog.at_level(logging.CRITICAL):
                answer = case.call()
            if answer.status_code >= 500:
                failed.append(f"{case.method} {case.path} -> {answer.status_code}")

        ask()
    assert sorted(set(failed)) == []
