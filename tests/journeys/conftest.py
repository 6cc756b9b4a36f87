"""A whole installation per journey: the real pages and the real worker as processes, a demo district."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page

PROJECT = Path(__file__).resolve().parents[2]
# A Tuesday morning at nine, on the clock of the demo place of each language.
BEGINS = {"zh": "2026-12-01T09:00:00+08:00", "en": "2026-12-01T09:00:00+00:00"}
PATIENCE_S = 180


@dataclass(frozen=True, slots=True)
class Installation:
    """A running product: where its pages are, and how to run its commands."""

    address: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def demo_backup(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return an instance folder with the demo of a language, its backup included.

    It is made once for all test processes of a run: whoever comes first makes it, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(language: str) -> Path:
        folder = shared / f"demo-{language}"
        with (shared / f"demo-{language}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "demo.backup").exists():
                shutil.rmtree(folder, ignore_errors=True)  # what an attempt that failed left
                folder.mkdir()
                environment = _environment(folder, "", OUTREACH_NOW=BEGINS[language])
                _command(environment, "init")
                _command(environment, "demo", "--language", language)
                made = folder / "making.backup"
                _command(environment, "backup", "--to", str(made))
                made.rename(folder / "demo.backup")
        return folder

    return make


@pytest.fixture
def installation(
    demo_backup: Callable[[str], Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[[str, str], Installation]]:
    """Start web and worker on a database of the kind asked for, filled with the demo of a language."""
    running: list[subprocess.Popen[str]] = []

    def start(kind: str, language: str) -> Installation:
        source = demo_backup(language)
        instance = tmp_path / "instance"
        instance.mkdir()
        for name in ("keys.json", "backup.key"):
            shutil.copy(source / name, instance / name)
        if kind == "sqlite":
            shutil.copy(source / "outreach.sqlite", instance / "outreach.sqlite")
            environment = _environment(instance, "", OUTREACH_NOW=BEGINS[language])
        else:
            server = request.getfixturevalue("postgres_server")
            name = f"journey_{os.getpid()}_{uuid4().hex[:8]}"
            server.create(name)
            environment = _environment(instance, server.url(name), OUTREACH_NOW=BEGINS[language])
            _command(environment, "restore", str(source / "demo.backup"))
            _command(environment, "resume-sending")
        with (tmp_path / "server.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "outreach", "run"],
                env=environment,
                cwd=PROJECT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        running.append(process)
        assert process.stdout is not None
        return Installation(_address(process.stdout), environment)

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=60)
        if process.stdout is not None:
            process.stdout.close()


def _environment(instance: Path, url: str, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OUTREACH_", "TWILIO_"))}
    own = {"OUTREACH_INSTANCE": str(instance), "PORT": "0", **more}
    return {**kept, **own, **({"DATABASE_URL": url} if url else {})}


def _command(environment: dict[str, str], *words: str) -> object:
    done = subprocess.run(
        [sys.executable, "-m", "outreach", *words],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout) if done.stdout.strip().startswith("{") else done.stdout


def _address(lines: IO[str]) -> str:
    for line in lines:
        if line.startswith("listening on "):
            return line.removeprefix("listening on ").strip()
    raise AssertionError("the pages were never served")


@dataclass(slots=True)
class Visitor:
    """Someone at a browser window of their own, with what went wrong in it."""

    page: Page
    address: str
    troubles: list[str]

    def go(self, path: str) -> None:
        """Open a page and expect it to be there; a busy one is opened again, as it says."""
        answer = self.page.goto(self.address + path)
        for _again in range(5):
            if answer is None or answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def step_into(self, role: str) -> None:
        """Take a role by the demo bar's own form."""
        self.send(f"/demo/role/{role}")
        self.go("/account")  # a page of the new sitting, with its own form token

    def send(self, path: str, **fields: str) -> None:
        """Send a form of the present page that stands behind a menu; "busy" is waited out as it asks."""
        self.page.wait_for_load_state()  # else the page may go away under the script
        self.page.evaluate(
            """async ([path, fields]) => {
                const token = document.querySelector("input[name=csrf_token]").value;
                const body = new URLSearchParams({ ...fields, csrf_token: token });
                let answer = await fetch(path, { method: "POST", body });
                for (let again = 0; answer.status === 503 && again < 5; again += 1) {
                    const wait = Number(answer.headers.get("Retry-After") ?? 1) * 1000;
                    await new Promise((go) => setTimeout(go, wait));
                    answer = await fetch(path, { method: "POST", body });
                }
                if (answer.status >= 400) throw new Error(path + " " + answer.status);
            }""",
            [path, fields],
        )

    def until(self, path: str, words: str, *, seconds: float = PATIENCE_S) -> str:
        """Look at a page again and again until the worker has brought what is expected there."""
        deadline = time.monotonic() + seconds
        while True:
            self.go(path)
            text = self.page.inner_text("main")
            if words in text:
                return text
            assert time.monotonic() < deadline, f"{words!r} never came to {path}:\n{text}"
            self.page.wait_for_timeout(500)


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Open a browser window for somebody; every script error and every request elsewhere is a failure."""
    opened: list[Visitor] = []

    def open_window(address: str, *, language: str = "zh", width: int = 1280) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-CN" if language == "zh" else "en-GB",
        )
        page = context.new_page()
        someone = Visitor(page, address, [])
        page.on("pageerror", lambda error: someone.troubles.append(str(error)))
        page.on("request", lambda r: _only_ours(someone, r.url))
        opened.append(someone)
        page.goto(address + "/login")
        return someone

    yield open_window
    for someone in opened:
        someone.page.context.close()
        assert someone.troubles == []


def _only_ours(someone: Visitor, url: str) -> None:
    if not url.startswith((someone.address, "data:", "blob:")):
        someone.troubles.append(f"a request left the machine: {url}")
