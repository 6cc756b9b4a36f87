"""Commands that look and tell: doctor and verify-audit."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from outreach.audit.chain import verify
from outreach.cli.output import answer
from outreach.config import PROJECT, Settings, load_settings
from outreach.db import make_engine
from outreach.kernel.clock import real_now
from outreach.places.queries import business_clock, get_place
from outreach.schema import is_current, is_empty
from outreach.services import Services, build_services
from outreach.vault import KeysMissing, load_vault

GOOD, WARNING, BAD = "ok", "warning", "bad"
FAR_OFFSET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it."""

    what: str
    state: str
    words: str
    remedy: str = ""


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    doctor = commands.add_parser("doctor", help="check the installation and say what to mend")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)
    audit = commands.add_parser("verify-audit", help="check the audit trail's chain")
    audit.set_defaults(run=_verify_audit)


def _doctor(options: argparse.Namespace) -> int:
    findings = list(examine(load_settings()))
    if options.json:
        answer([{f: getattr(finding, f) for f in Finding.__slots__} for finding in findings])
    else:
        for finding in findings:
            _print(finding)
    return 1 if any(finding.state == BAD for finding in findings) else 0


def _print(finding: Finding) -> None:
    import sys

    sys.stdout.write(f"{finding.state:8}{finding.what}: {finding.words}\n")
    if finding.remedy:
        sys.stdout.write(f"{'':8}→ {finding.remedy}\n")


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield one finding per part: database, keys, clock, kernels, gateways, geocoder, address."""
    ready = yield from _database(settings)
    keys = yield from _keys(settings)
    if ready and keys:
        services = build_services(settings)
        yield from _clock(services)
        yield from _guarded("gateways", lambda: _gateways(services))
        services.database.close()
    yield _kernels()
    yield _front_end()
    yield _geocoder(settings)
    yield _public_address(settings)


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except (OSError, ValueError) as error:
        yield Finding(what, BAD, type(error).__name__, "see the configuration table in README.md")


def _database(settings: Settings) -> Generator[Finding, None, bool]:
    engine = make_engine(settings.database)
    shown = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        if is_empty(engine):
            yield Finding("database", BAD, f"{shown} is empty", "run: python -m outreach init")
            return False
        if not is_current(engine):
            yield Finding("database", BAD, "older schema", "run: python -m outreach upgrade")
            return False
        yield Finding("database", GOOD, shown)
    except SQLAlchemyError as error:
        remedy = "check DATABASE_URL, and that the server runs and lets this user in"
        yield Finding("database", BAD, f"{shown}: {type(error).__name__}", remedy)
        return False
    else:
        return True
    finally:
        engine.dispose()


def _keys(settings: Settings) -> Generator[Finding, None, bool]:
    path = settings.keys_file
    try:
        load_vault(path)
    except KeysMissing as error:
        yield Finding("keys", BAD, str(error), f"put this database's keys back at {path}, or init")
        return False
    if os.name == "posix" and path.stat().st_mode & 0o077:
        yield Finding("keys", BAD, "others can read them", f"run: chmod 600 {path}")
        return True
    yield Finding("keys", GOOD, "readable by the owner alone; keep a copy apart from the backups")
    return True


def _clock(services: Services) -> Iterator[Finding]:
    with services.database.read() as session:
        place = get_place(session)
        offset = business_clock(session).offset
        if place.key_fingerprint != services.database.vault.fingerprint():
            yield Finding("keys", BAD, "not this database's", "put its own keys.json back")
        if abs(offset) > FAR_OFFSET and not place.is_demo:
            remedy = "unset OUTREACH_NOW and set the clock back on the place page"
            yield Finding("clock", WARNING, f"business time is off by {offset}", remedy)
        else:
            zone = place.time_zone
            yield Finding("clock", GOOD, f"{real_now() + offset:%Y-%m-%d %H:%M} UTC, zone {zone}")


def _gateways(services: Services) -> Iterator[Finding]:
    for gateway in services.routes.gateways:
        yield Finding("gateway", GOOD, gateway.name)


def _kernels() -> Finding:
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", ""))
    if any(folder.rglob("*.nbi")):
        return Finding("kernels", GOOD, "compiled")
    return Finding(
        "kernels", WARNING, "not compiled yet: the first plan will wait", "run: make setup"
    )


def _front_end() -> Finding:
    if (PROJECT / "outreach" / "static" / "vendor" / "tabler").is_dir():
        return Finding("pages", GOOD, "front-end packages are in place")
    return Finding("pages", BAD, "front-end packages are missing", "run: make setup")


def _geocoder(settings: Settings) -> Finding:
    if settings.geocoder in {"baidu", "amap"} and not settings.geocoder_key:
        return Finding(
            "geocoder", BAD, f"{settings.geocoder} needs a key", "set OUTREACH_GEOCODER_KEY"
        )
    return Finding("geocoder", GOOD, settings.geocoder)


def _public_address(settings: Settings) -> Finding:
    if not settings.public_url:
        remedy = "set PUBLIC_URL to the https address of your proxy (docs/https.md)"
        words = "no public address: phones in the field and provider callbacks cannot reach this"
        return Finding("address", WARNING, words, remedy)
    if urlsplit(settings.public_url).scheme != "https":
        remedy = "phones keep data offline only over https: see docs/https.md"
        return Finding("address", WARNING, "PUBLIC_URL is not https", remedy)
    return Finding("address", GOOD, settings.public_url)


def _verify_audit(_options: argparse.Namespace) -> int:
    services = build_services(load_settings())
    with services.database.read() as session:
        report = verify(session)
    services.database.close()
    answer(asdict(report))
    return 0 if report.broken is None else 1
