"""Serving the pages with gunicorn: threads for readers, one process unless WEB_CONCURRENCY asks for more."""

from __future__ import annotations

import errno
import logging
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from outreach.config import Settings
from outreach.services import Services
from outreach.web import logs

log = logging.getLogger("outreach.web")
THREADS = 8
PORTS_TRIED = 50
BACKLOG = 256
# So long may a worker process give no sign of life; requests themselves may take longer.
SILENCE_S = 60
LEAVE_S = 20


class NoFreePort(OSError):
    """Every port that was tried is taken."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket listening on ``port``, or the next free one above it; 0 takes any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = port if port == 0 else min(port + PORTS_TRIED, 65535)
    for candidate in range(port, last + 1):
        try:
            return socket.create_server((host, candidate), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
    raise NoFreePort(f"no free port between {port} and {last} on {host}: set PORT")


def address_of(listener: socket.socket) -> str:
    """Return the address that a person types to reach the listener from this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - recognised, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(BaseApplication):
    """Gunicorn as a library: one listener of our own, our settings, nothing read from elsewhere."""

    def __init__(self, app: Flask, listener: socket.socket) -> None:
        self.app = app
        self.address = address_of(listener)
        # Gunicorn makes its own socket of the descriptor and closes it.
        self.descriptor = listener.detach()
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        values: dict[str, Any] = {
            "bind": [f"fd://{self.descriptor}"],
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": SILENCE_S,
            "graceful_timeout": LEAVE_S,
            "loglevel": "warning",
            "proc_name": "outreach",
            "limit_request_line": 4094,
            # Our own count of trusted proxies (OUTREACH_PROXIES) decides whose word is believed.
            "forwarded_allow_ips": "",
            "when_ready": self._tell,
            "post_fork": _after_fork(self.app.extensions["outreach"]),
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application, built once before the processes part."""
        return self.app

    def _tell(self, _server: object) -> None:
        sys.stdout.write(f"listening on {self.address}\n")
        sys.stdout.flush()


def load_kernels() -> threading.Thread:
    """Load the engine's compiled kernels beside the first pages: a caller on the phone waits for none."""

    def load() -> None:
        try:
            from outreach.routing.warm import warm

            log.info("kernels loaded", extra={"seconds": round(warm(), 1)})
        except Exception:  # pages live without them; the first recommendation loads them then
            log.exception("kernels")

    thread = threading.Thread(target=load, name="outreach-kernels", daemon=True)
    thread.start()
    return thread


def _after_fork(services: Services) -> Callable[[object, object], None]:
    def forget_connections(_server: object, _worker: object) -> None:
        # Connections opened before the fork belong to the parent; each process opens its own.
        services.database.engine.dispose(close=False)
        load_kernels()

    return forget_connections


def serve(app: Flask) -> None:
    """Serve the application until a signal ends it; prints ``listening on http://…`` when ready."""
    logs.install()
    settings: Settings = app.extensions["outreach"].settings
    Server(app, listen(settings.host, settings.port)).run()
