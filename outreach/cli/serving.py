"""Commands that serve: the pages, the worker, or both with a demo district."""

from __future__ import annotations

import argparse
import gc
import signal
import subprocess
import sys
import threading
from types import FrameType
from typing import IO, Any

from outreach.accounts.links import first_administrator_link
from outreach.accounts.queries import has_password
from outreach.cli.accounts import link_address
from outreach.cli.ahead import WHEN_TOLD, environment, is_told, pages_process
from outreach.cli.database import open_services, set_start_clock
from outreach.cli.output import say
from outreach.config import Settings, load_settings
from outreach.kernel.clock import real_now
from outreach.places.queries import business_clock, get_place
from outreach.services import Services, build_services

LISTENING = "listening on "


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add this group's commands."""
    serve = commands.add_parser("serve", help="serve the pages")
    serve.add_argument(WHEN_TOLD, action="store_true", help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)
    worker = commands.add_parser("worker", help="send what is due and do what pages asked for")
    worker.set_defaults(run=_worker)
    run = commands.add_parser("run", help="set up, then serve pages and worker as two processes")
    run.add_argument("--demo", action=argparse.BooleanOptionalAction, default=True)
    run.add_argument("--language", choices=["zh", "en"], default="zh", help="which demo place")
    run.set_defaults(run=_run)


def _ready_services() -> Services:
    services = build_services(load_settings())
    set_start_clock(services)
    return services


def _serve(options: argparse.Namespace) -> int:
    gc.disable()
    from outreach.app import create_app
    from outreach.web.serve import serve

    gc.enable()
    gc.freeze()  # what is imported stays, and is not looked through again
    if options.when_told and not is_told():
        return 0
    serve(create_app(_ready_services()))
    return 0


def _worker(_options: argparse.Namespace) -> int:
    from outreach.jobs.worker import run, step_back

    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    services = build_services(load_settings())
    step_back(services.database)
    run(services, stop)
    return 0


def _run(options: argparse.Namespace) -> int:
    services = open_services()
    set_start_clock(services)
    if options.demo:
        _make_demo_when_empty(services, options.language)
    token = _first_link(services)
    services.database.close()
    return _serve_both(services.settings, token)


def _make_demo_when_empty(services: Services, language: str) -> None:
    from outreach.demo import has_people, make_demo

    with services.database.read() as session:
        place, now = get_place(session), business_clock(session).now()
        if place.is_demo or has_people(session):
            return
    say("making the demo district …")
    make_demo(services, now=now, language=language)


def _first_link(services: Services) -> str | None:
    with services.database.read() as session:
        if has_password(session):
            return None
    with services.database.write() as session:
        return first_administrator_link(session, now=real_now())


def _serve_both(settings: Settings, token: str | None) -> int:
    """Run pages and worker until one of them ends or a person stops them; both end together."""
    web = pages_process()
    worker = subprocess.Popen([sys.executable, "-m", "outreach", "worker"], env=environment())
    both = (web, worker)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for process in both:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    assert web.stdout is not None  # noqa: S101 - asked for by PIPE
    threading.Thread(target=_tell, args=(web.stdout, settings, token), daemon=True).start()
    ended = threading.Event()
    for process in both:
        threading.Thread(target=_watch, args=(process, ended), daemon=True).start()
    while not ended.wait(1.0):
        pass
    for process in both:
        process.terminate()
    return max(abs(process.wait(timeout=30)) for process in both)


def _watch(
    process: subprocess.Popen[str] | subprocess.Popen[bytes], ended: threading.Event
) -> None:
    process.wait()
    ended.set()


def _tell(lines: IO[str], settings: Settings, token: str | None) -> None:
    for line in lines:
        sys.stdout.write(line)
        if line.startswith(LISTENING) and token is not None:
            base = settings.public_url or line.removeprefix(LISTENING).strip()
            sys.stdout.write(f"first administrator: {link_address(settings, token, base=base)}\n")
        sys.stdout.flush()
