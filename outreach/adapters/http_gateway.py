"""A domestic-style gateway described by a small file: what to ask, and how to read the answers.

The file (YAML) names addresses, fields and codes; secrets stand in it as ${NAME} and come from the
environment. README and ``docs/gateways.md`` show one. No code is needed for another vendor of this kind.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import requests
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from requests.adapters import HTTPAdapter

from outreach.adapters.posting import CONNECT_S, READ_S, after_exception
from outreach.config import SettingsWrong
from outreach.ports.messages import (
    Accepted,
    Broken,
    CannotTell,
    Capabilities,
    Delivery,
    Envelope,
    Finding,
    Found,
    InboundText,
    Later,
    NotThere,
    Outcome,
    Receipt,
    Refused,
    Sought,
    Trouble,
    Unknown,
)

_SECRET = re.compile(r"\$\{([A-Z0-9_]+)\}")
_GAP = re.compile(r"\{([a-z_]+)\}")
POOL = 64


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ask(_Part):
    """One request: ``json`` or ``form`` or ``query`` may hold gaps such as {to} and {reference}."""

    url: str
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: dict[str, Any] | None = Field(default=None, alias="json")
    form: dict[str, str] | None = None
    query: dict[str, str] = Field(default_factory=dict)


class Codes(_Part):
    """Where an answer's code stands, and what the vendor's codes mean."""

    path: str
    accepted: list[str]
    id: str = ""
    opted_out: list[str] = Field(default_factory=list)
    bad_number: list[str] = Field(default_factory=list)
    landline: list[str] = Field(default_factory=list)
    content: list[str] = Field(default_factory=list)
    later: list[str] = Field(default_factory=list)
    broken: list[str] = Field(default_factory=list)


class Words(_Part):
    """How a list of receipts or of sent messages reads: where items and their fields stand."""

    items: str = ""
    reference: str = ""
    id: str = ""
    status: str = ""
    code: str = ""
    number: str = ""
    body: str = ""
    delivered: list[str] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list)


class Push(_Part):
    """How the vendor calls us: a header that holds a token only both know."""

    header: str = "X-Token"
    token: str
    replies: Words | None = None
    receipts: Words | None = None


class Able(_Part):
    """What this route carries."""

    two_way: bool = True
    links: bool = False
    texts_to_landlines: bool = False
    registered_templates: bool = True
    max_segments: int = 8
    identical_per_day: int | None = None
    any_per_day: int | None = None


class GatewayFile(_Part):
    """The whole file."""

    name: str = "http"
    country: str = "+86"
    send: Ask
    answer: Codes
    find: Ask | None = None
    found: Words | None = None
    pull: Ask | None = None
    pulled: Words | None = None
    push: Push | None = None
    able: Able = Able()


def load_http_gateway(path: Path | None) -> HttpGateway:
    """Read the file that describes the gateway; a wrong or missing part stops the start by its name."""
    setting = "OUTREACH_HTTP_GATEWAY"
    if path is None:
        raise SettingsWrong([f"{setting}: name the file that describes the gateway"])
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        mapping = GatewayFile.model_validate(_with_secrets(written))
    except OSError as error:
        raise SettingsWrong([f"{setting}: cannot be read ({error.strerror})"]) from error
    except KeyError as error:
        raise SettingsWrong([f"{setting}: set {error.args[0]} in the environment"]) from error
    except (yaml.YAMLError, ValidationError) as error:
        raise SettingsWrong([f"{setting}: {_first_problem(error)}"]) from error
    return HttpGateway(mapping)


class HttpGateway:
    """One vendor's route."""

    def __init__(self, mapping: GatewayFile) -> None:
        self._mapping = mapping
        self._http = requests.Session()
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=POOL))

    @property
    def name(self) -> str:
        """The route's name."""
        return self._mapping.name

    def capabilities(self, to: str) -> Capabilities:
        """Return what this route carries: texts within its country."""
        able, is_home = self._mapping.able, to.startswith(self._mapping.country)
        return Capabilities(
            texts=is_home,
            two_way=able.two_way,
            links=able.links,
            texts_to_landlines=able.texts_to_landlines,
            registered_templates=able.registered_templates,
            can_be_asked=self._mapping.find is not None and self._mapping.found is not None,
            max_segments=able.max_segments,
            identical_per_day=able.identical_per_day,
            any_per_day=able.any_per_day,
        )

    def send(self, envelope: Envelope) -> Outcome:
        """Hand over one text."""
        values = {
            **self._number(envelope.to),
            "body": envelope.body,
            "reference": envelope.reference,
            "template_code": envelope.template_code,
            "expires_in_s": str(envelope.expires_in_s),
            "parameters": envelope.parameters,
            "parameters_json": json.dumps(envelope.parameters, ensure_ascii=False),
        }
        try:
            answer = self._ask(self._mapping.send, values)
        except requests.RequestException as error:
            return after_exception(error)
        return self._outcome(answer)

    def _outcome(self, answer: requests.Response) -> Outcome:
        status = answer.status_code
        if status in {401, 403, 404}:
            return Broken(str(status))
        if status in {429, 503}:
            return Later(str(status), retry_after_s=_seconds(answer.headers.get("Retry-After")))
        if status >= 500 or status == 408:
            return Unknown(str(status))
        try:
            told = answer.json()
        except ValueError:
            return Unknown("unreadable_answer")  # 200 with a page instead of an answer (fault 70)
        return self._by_code(told, status)

    def _by_code(self, told: Any, status: int) -> Outcome:  # noqa: ANN401 - whatever JSON holds
        codes = self._mapping.answer
        code = _text(_at(told, codes.path))
        if code in codes.accepted:
            found = _text(_at(told, codes.id)) if codes.id else ""
            return Accepted(provider_id=found) if found or not codes.id else Unknown("no_id")
        if code in codes.later:
            return Later(code)
        if code in codes.broken:
            return Broken(code)
        for trouble, known in (
            (Trouble.OPTED_OUT, codes.opted_out),
            (Trouble.BAD_NUMBER, codes.bad_number),
            (Trouble.LANDLINE, codes.landline),
            (Trouble.CONTENT, codes.content),
        ):
            if code in known:
                return Refused(code, trouble)
        if not code:
            return Unknown("answer_without_code")
        return Refused(code or str(status))

    def find(self, sought: Sought) -> Finding:
        """Ask whether the vendor has a message, by our own id."""
        ask, words = self._mapping.find, self._mapping.found
        if ask is None or words is None:
            return CannotTell()
        values: dict[str, Any] = {**self._number(sought.to), "reference": sought.reference}
        try:
            answer = self._ask(ask, values)
            told = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError):
            return CannotTell()
        if told is None:
            return CannotTell()
        for item in _items(told, words.items):
            if _text(_at(item, words.reference)) == sought.reference:
                status = _text(_at(item, words.status))
                return Found(
                    _text(_at(item, words.id)),
                    _delivery(status, words),
                    _text(_at(item, words.code)),
                )
        return NotThere()

    def pull(self) -> list[InboundText]:
        """Fetch replies where the vendor pushes none."""
        ask, words = self._mapping.pull, self._mapping.pulled
        if ask is None or words is None:
            return []
        try:
            answer = self._ask(ask, {})
            told = answer.json() if answer.status_code == 200 else {}
        except (requests.RequestException, ValueError):
            return []
        return self._texts(told, words)

    @property
    def token_header(self) -> str:
        """The header in which the vendor's pushes carry their token."""
        return self._mapping.push.header if self._mapping.push else "X-Token"

    def is_genuine(self, token: str) -> bool:
        """Say whether a push carries the token that only the vendor and we know."""
        push = self._mapping.push
        if push is None or not push.token:
            return False
        return hmac.compare_digest(token.encode(), push.token.encode())

    def pushed_replies(self, told: Any) -> list[InboundText]:  # noqa: ANN401 - whatever JSON holds
        """Read replies that the vendor pushed."""
        push = self._mapping.push
        return self._texts(told, push.replies) if push and push.replies else []

    def pushed_receipts(self, told: Any) -> list[Receipt]:  # noqa: ANN401 - whatever JSON holds
        """Read receipts that the vendor pushed."""
        push = self._mapping.push
        if push is None or push.receipts is None:
            return []
        words = push.receipts
        receipts = []
        for item in _items(told, words.items):
            status, code = _text(_at(item, words.status)), _text(_at(item, words.code))
            delivery = _delivery(status, words)
            reference = _text(_at(item, words.reference))
            if reference:
                trouble = self._trouble(code) if delivery is Delivery.FAILED else None
                receipts.append(
                    Receipt(reference, _text(_at(item, words.id)), status, delivery, code, trouble)
                )
        return receipts

    def _trouble(self, code: str) -> Trouble:
        refused = self._by_code(_nested(self._mapping.answer.path, code), 200)
        return refused.trouble if isinstance(refused, Refused) else Trouble.REFUSED

    def _texts(self, told: Any, words: Words) -> list[InboundText]:  # noqa: ANN401 - JSON
        found = []
        for item in _items(told, words.items):
            number, id_ = _text(_at(item, words.number)), _text(_at(item, words.id))
            if number and id_:
                found.append(InboundText(self.name, id_, number, _text(_at(item, words.body))))
        return found

    def _number(self, to: str) -> dict[str, str]:
        return {"to": to, "national": to.removeprefix(self._mapping.country)}

    def _ask(self, ask: Ask, values: Mapping[str, Any]) -> requests.Response:
        return self._http.request(
            ask.method,
            ask.url,
            params=_fill(ask.query, values) or None,
            headers=_fill(ask.headers, values),
            json=_fill(ask.json_body, values) if ask.json_body is not None else None,
            data=_fill(ask.form, values) if ask.form is not None else None,
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
        )


def _fill(part: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a tree of JSON
    if isinstance(part, dict):
        return {key: _fill(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_fill(value, values) for value in part]
    if not isinstance(part, str):
        return part
    whole = _GAP.fullmatch(part)
    if whole and whole[1] in values:
        return values[whole[1]]
    return _GAP.sub(lambda gap: _text(values.get(gap[1], gap[0])), part)


def _with_secrets(part: Any) -> Any:  # noqa: ANN401 - a tree of YAML
    if isinstance(part, dict):
        return {key: _with_secrets(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_with_secrets(value) for value in part]
    if isinstance(part, str):
        return _SECRET.sub(lambda name: os.environ[name[1]], part)
    return part


def _at(told: Any, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    for step in filter(None, path.split(".")):
        if isinstance(told, dict):
            told = told.get(step)
        elif isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        else:
            return None
    return told


def _items(told: Any, path: str) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    found = _at(told, path)
    if isinstance(found, list):
        return found
    return [found] if isinstance(found, dict) else []


def _nested(path: str, value: str) -> Any:  # noqa: ANN401 - a tree of JSON
    tree: Any = value
    for step in reversed([s for s in path.split(".") if s]):
        tree = {step: tree}
    return tree


def _text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _delivery(status: str, words: Words) -> Delivery:
    if status in words.delivered:
        return Delivery.DELIVERED
    return Delivery.FAILED if status in words.failed else Delivery.SENT


def _seconds(written: str | None) -> float | None:
    try:
        return max(0.0, float(written)) if written else None
    except ValueError:
        return None


def _first_problem(error: yaml.YAMLError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return "is no readable YAML"
