"""How the pages are served: the next free port, the address printed, big uploads answered, a clean end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from outreach.config import PROJECT
from outreach.services import Services
from outreach.web.serve import NoFreePort, address_of, listen
from tests.builders.office import Office

SERVE = (
    "from outreach.app import create_app; from outreach.web.serve import serve; serve(create_app())"
)


def test_the_next_free_port_is_taken_when_the_wanted_one_is_not_free() -> None:
    with listen("127.0.0.1", 0) as first:
        taken = first.getsockname()[1]
        with listen("127.0.0.1", taken) as second:
            assert taken < second.getsockname()[1] <= taken + 50
            assert address_of(second) == f"http://127.0.0.1:{second.getsockname()[1]}"


def test_a_machine_without_free_ports_says_which_setting_to_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_arguments: object, **_options: object) -> socket.socket:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(NoFreePort, match="set PORT"):
        listen("127.0.0.1", 8080)


@pytest.fixture
def served(office_services: Services, office: Office, tmp_path: Path) -> Iterator[str]:
    """The address of a real server process on the office."""
    settings = office_services.settings
    environment = {
        **os.environ,
        "OUTREACH_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database,
        "PORT": "0",
    }
    log = tmp_path / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
    assert found is not None, log.read_text()
    yield found[1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def test_the_server_answers_logs_json_and_reads_a_large_upload_to_its_end(
    served: str, tmp_path: Path
) -> None:
    assert requests.get(f"{served}/healthz", timeout=20).json() == {"status": "ok", "wrong": []}
    assert requests.get(f"{served}/link/a-secret-token", timeout=20).status_code == 404
    body = b"x" * 30_000_000
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    refused = requests.post(f"{served}/login", data=body, headers=kind, timeout=60)
    assert refused.status_code == 413
    log = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"event": "request", "endpoint": "health.healthz", "status": 200}.items() <= {
        **lines[0]
    }.items()
    assert "a-secret-token" not in log
