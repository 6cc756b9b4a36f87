"""A provider that speaks Twilio's public API and keeps a log of its own, in a process of its own.

It can be slow, busy, answer with an error after accepting, reset the connection, lie, or refuse the
account. What it accepted is one JSON line each in its log, written before it answers: the oracle.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

PROJECT = Path(__file__).resolve().parents[2]
SID, TOKEN, SENDER = "AC" + "c" * 32, "chaos-token", "+15005550006"
# What a request may meet; a weight per word makes the mix.
BEHAVIOURS = (
    "ok",
    "busy",
    "error_after",
    "error_before",
    "reset_after",
    "reset_before",
    "page",
    "cut",
    "hang_after",
    "unauthorised",
)


@dataclass
class State:
    """What the provider does and what it took."""

    log: Path
    latency_s: float = 0.0
    mix: dict[str, float] = field(default_factory=lambda: {"ok": 1.0})
    retry_after: str = ""
    most_per_page: int = 50
    answer: dict[str, Any] | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def draw(self) -> str:
        """Return how the next request is met."""
        with self.lock:
            self.requests += 1
            return self.dice.choices(list(self.mix), weights=list(self.mix.values()))[0]

    def take(self, kind: str, form: dict[str, str]) -> dict[str, Any]:
        """Accept a message or call: from here on it counts as sent."""
        at = datetime.now(UTC)
        taken = {
            "sid": ("SM" if kind == "messages" else "CA") + uuid4().hex,
            "account_sid": SID,
            "to": form.get("To", ""),
            "from": form.get("From", ""),
            "body": form.get("Body", ""),
            "status": "queued",
            "num_segments": "1",
            "date_created": format_datetime(at),
            "date_sent": format_datetime(at),
            "error_code": None,
            "answered_by": None,
        }
        line = {"kind": kind, "sid": taken["sid"], "at": at.timestamp(), **form}
        with self.lock:
            (self.messages if kind == "messages" else self.calls).append(taken)
            with self.log.open("a") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return taken


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    state: State

    def log_message(self, *_: object) -> None:
        """Say nothing on the console."""

    def do_POST(self) -> None:
        """Create a message or a call, or change how requests are met."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # whoever sent it died over it: no server takes half a request
            self.close_connection = True
            return
        path = urlsplit(self.path).path
        if path == "/control":
            self._control(json.loads(body))
            return
        kind = "calls" if path.endswith("/Calls.json") else "messages"
        if not self._is_ours(path, kind):
            return
        form = {k: v[-1] for k, v in parse_qs(body.decode(), keep_blank_values=True).items()}
        time.sleep(self.state.latency_s)
        self._meet(self.state.draw(), kind, form)

    def do_GET(self) -> None:
        """List what was accepted, by recipient and day."""
        parts = urlsplit(self.path)
        if parts.path == "/count":
            self._answer(200, {"requests": self.state.requests})
            return
        kind = "calls" if parts.path.endswith("/Calls.json") else "messages"
        if not self._is_ours(parts.path, kind):
            return
        asked = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        with self.state.lock:
            kept = list(self.state.messages if kind == "messages" else self.state.calls)
        found = [m for m in kept if m["to"] == asked.get("To", m["to"])]
        self._answer(200, self._page(kind, parts.path, asked, found))

    def _page(
        self, kind: str, path: str, asked: dict[str, str], found: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Return one page of a list, with the address of the next, as Twilio does."""
        size = min(int(asked.get("PageSize", "50")), self.state.most_per_page)
        page = int(asked.get("Page", "0"))
        is_last = (page + 1) * size >= len(found)
        query = urlencode({**asked, "PageSize": size, "Page": page + 1, "PageToken": "PAx"})
        return {
            kind: found[page * size : (page + 1) * size],
            "page": page,
            "page_size": size,
            "next_page_uri": None if is_last else f"{path}?{query}",
        }

    def _is_ours(self, path: str, kind: str) -> bool:
        wanted = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return False
        if path != f"/2010-04-01/Accounts/{SID}/{kind.capitalize()}.json":
            self._answer(404, {"code": 20404, "message": "not found", "status": 404})
            return False
        return True

    def _meet(self, how: str, kind: str, form: dict[str, str]) -> None:
        if how == "busy":
            self._answer(429, {"code": 20429, "message": "Too Many Requests", "status": 429})
        elif how == "unauthorised":
            self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        elif how == "error_before":
            self._answer(500, {"code": 20500, "message": "oops", "status": 500})
        elif how == "reset_before":
            self._reset()
        elif how == "told":
            told = dict(self.state.answer or {})
            self._answer(int(told.get("status", 400)), told)
        else:
            self._after(how, self.state.take(kind, form))

    def _after(self, how: str, taken: dict[str, Any]) -> None:
        if how == "error_after":
            self._answer(500, {"code": 20500, "message": "oops", "status": 500})
        elif how == "reset_after":
            self._reset()
        elif how == "hang_after":
            time.sleep(15)
            self._reset()
        elif how == "page":
            self._raw(200, b"<html>welcome</html>", "text/html")
        elif how == "cut":
            self._raw(201, json.dumps(taken).encode()[:40], "application/json")
        else:
            self._answer(201, taken)

    def _control(self, told: dict[str, Any]) -> None:
        with self.state.lock:
            for name, value in told.items():
                setattr(self.state, name, value)
        self._answer(200, {})

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        self._raw(status, json.dumps(told, ensure_ascii=False).encode(), "application/json")

    def _raw(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 429 and self.state.retry_after:
            self.send_header("Retry-After", self.state.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()


class Server(ThreadingHTTPServer):
    """The server; a broken connection is part of the play."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """Say nothing on the console."""


def serve(log: Path, port: int) -> Server:
    """Return a server on this machine; whatever the log holds already was accepted before."""
    state = State(log=log)
    handler = type("BoundHandler", (Handler,), {"state": state})
    return Server(("127.0.0.1", port), handler)


@dataclass(frozen=True)
class Provider:
    """A running provider, as tests see it."""

    base: str
    log: Path

    def control(self, **settings: object) -> None:
        """Change how requests are met."""
        body = json.dumps(settings).encode()
        with urlopen(Request(f"{self.base}/control", data=body, method="POST"), timeout=10):
            pass

    def accepted(self) -> list[dict[str, Any]]:
        """Return what was accepted, from the provider's own log."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def requests(self) -> int:
        """Return how many requests to create something came in."""
        with urlopen(f"{self.base}/count", timeout=30) as answer:
            return int(json.load(answer)["requests"])


@contextmanager
def in_process(log: Path) -> Iterator[Provider]:
    """Run the provider on a thread of this process: for tests of the adapter."""
    server = serve(log, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Provider(f"http://127.0.0.1:{server.server_port}", log)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def own_process(log: Path) -> Iterator[Provider]:
    """Run the provider as a process of its own: nothing that dies elsewhere takes its log along."""
    command = [sys.executable, "-m", "tests.chaos.provider", "--log", str(log)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        yield Provider(f"http://127.0.0.1:{port}", log)
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


def main() -> None:
    """Serve until terminated; print the port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    server = serve(options.log, options.port)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
