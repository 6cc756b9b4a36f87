"""Commands about the database: init, upgrade, backup, restore, demo."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from outreach.backups import KEY_FILE, back_up_now, backup_key, restore_backup, write_backup
from outreach.cli.output import answer, say
from outreach.config import Settings, load_settings
from outreach.db import Database, make_engine
from outreach.kernel.clock import real_now
from outreach.pictures import FOLDER
from outreach.places.operations import move_clock
from outreach.places.queries import business_clock
from outreach.schema import is_current, is_empty, upgrade
from outreach.services import Services, build_services
from outreach.vault import KeysMissing, load_vault, new_vault, save_vault
from outreach.workflows.initialise import check_keys, initialise


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    init = commands.add_parser("init", help="create or migrate the database of DATABASE_URL")
    init.set_defaults(run=_init)
    up = commands.add_parser("upgrade", help="back up, then bring the database to this version")
    up.set_defaults(run=_upgrade)
    back = commands.add_parser("backup", help="write an encrypted backup")
    back.add_argument("--to", type=Path, help="file to write; default instance/backups/…")
    back.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="fill an empty database from a backup")
    restore.add_argument("file", type=Path)
    restore.set_defaults(run=_restore)
    demo = commands.add_parser("demo", help="make the invented demo district, or reset it")
    demo.add_argument("--reset", action="store_true", help="throw the demo's data away first")
    demo.add_argument("--language", choices=["zh", "en"], default="zh", help="which demo place")
    demo.set_defaults(run=_demo)


def open_services(settings: Settings | None = None) -> Services:
    """Create or migrate the database as ``init`` does and return the services on it."""
    settings = settings or load_settings()
    settings.instance.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database)
    empty = is_empty(engine)
    if not settings.keys_file.exists():
        if not empty:
            raise KeysMissing("the keys of this database are missing")
        save_vault(new_vault(), settings.keys_file)
    if empty or not is_current(engine):
        upgrade(engine)
    database = Database(engine, load_vault(settings.keys_file))
    with database.write() as session:
        initialise(session, now=real_now(), vault=database.vault)
    with database.read() as session:
        check_keys(session, vault=database.vault)
    database.close()
    return build_services(settings)


def set_start_clock(services: Services) -> None:
    """Move business time to OUTREACH_NOW when that is set; it ticks on from there."""
    if services.settings.now is not None:
        with services.database.write() as session:
            move_clock(session, to=services.settings.now)


def _init(_options: argparse.Namespace) -> int:
    services = open_services()
    services.database.close()
    say(f"database ready: {services.database.engine.url.render_as_string(hide_password=True)}")
    return 0


def _upgrade(_options: argparse.Namespace) -> int:
    settings = load_settings()
    engine = make_engine(settings.database)
    if not is_empty(engine) and not is_current(engine):
        _backup_to(Database(engine, load_vault(settings.keys_file)), settings, None)
    services = open_services(settings)
    services.database.close()
    say("schema is current")
    return 0


def _backup(options: argparse.Namespace) -> int:
    services = build_services(load_settings())
    result = _backup_to(services.database, services.settings, options.to)
    services.database.close()
    answer(result)
    return 0


def _backup_to(database: Database, settings: Settings, target: Path | None) -> dict[str, object]:
    now, instance = real_now(), settings.instance
    key_file = instance / KEY_FILE
    is_new = not key_file.exists()
    if target is None:
        done = back_up_now(database, instance, now=now)
    else:
        key, papers = backup_key(key_file), instance / FOLDER
        counts = write_backup(database, target, key=key, made_at=now, papers=papers)
        done = {"file": str(target), "rows": sum(counts.values())}
    if is_new:
        say(
            f"made {key_file}: keep a copy of it and of keys.json in a place apart from the backups"
        )
    return done


def _restore(options: argparse.Namespace) -> int:
    settings = load_settings()
    database = Database(make_engine(settings.database), load_vault(settings.keys_file))
    key, papers = backup_key(settings.instance / KEY_FILE), settings.instance / FOLDER
    counts = restore_backup(database, options.file, key=key, now=real_now(), papers=papers)
    database.close()
    answer({"rows": sum(counts.values()), "tables": counts})
    say("sending is paused until an administrator resumes it on the page “What needs attention”")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from outreach.demo import make_demo, throw_away

    services = open_services()
    if options.reset:
        throw_away(services.database)
    set_start_clock(services)
    with services.database.read() as session:
        now = business_clock(session).now()
    counts = make_demo(services, now=now, language=options.language)
    services.database.close()
    answer(counts)
    return 0
