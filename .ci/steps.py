"""A set-up step is done once for each state of its inputs; stamps remember which state was done."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "setup.json"


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


@dataclass(frozen=True)
class Step:
    """Something to do when ``inputs`` changed since it was last done, or an output is missing."""

    name: str
    inputs: Sequence[str]
    outputs: Sequence[Path]
    act: Callable[[], None]


def contents(paths: Iterable[Path]) -> str:
    """Return a digest of the names and contents of files."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def take(steps: Iterable[Step], *, stamps: Path = STAMPS) -> list[str]:
    """Do the steps that are not done yet, in order; return their names."""
    done = []
    for step in steps:
        state = hashlib.sha256("\0".join(step.inputs).encode()).hexdigest()
        stored = _read(stamps)
        if stored.get(step.name) == state and all(path.exists() for path in step.outputs):
            continue
        say(f"{step.name} …")
        started = time.monotonic()
        step.act()
        missing = [str(path) for path in step.outputs if not path.exists()]
        if missing:
            raise SetupError(f"{step.name} did not produce {', '.join(missing)}")
        say(f"{step.name}: {time.monotonic() - started:.1f} s")
        # Read again: making the virtual environment anew also drops the stamps inside it.
        _write(stamps, {**_read(stamps), step.name: state})
        done.append(step.name)
    return done


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"setup: {text}", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    remedy: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    chatty: bool = False,
) -> None:
    """Run a command; a failure becomes an error that says the remedy. What a chatty one says is dropped."""
    words = [str(word) for word in command]
    try:
        ended = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if chatty else None,
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{words[0]} cannot be run ({error}). {remedy}") from error
    if ended.returncode:
        raise SetupError(f"{' '.join(words[:6])} ended with {ended.returncode}. {remedy}")


def answers(command: Sequence[str | Path]) -> str | None:
    """Return what a command prints, or None when it fails or is not there."""
    try:
        ended = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout.strip() if ended.returncode == 0 else None


def is_root() -> bool:
    """Return whether this process may install system packages."""
    return os.geteuid() == 0


def is_macos() -> bool:
    """Return whether this machine is a Mac."""
    return sys.platform == "darwin"


def _read(stamps: Path) -> dict[str, str]:
    try:
        stored = json.loads(stamps.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _write(stamps: Path, states: dict[str, str]) -> None:
    fresh = stamps.with_suffix(".new")
    fresh.write_text(json.dumps(states, indent=1), encoding="utf-8")
    fresh.replace(stamps)
