"""Parsing in a child process with a ceiling on memory and time, so that no file can hurt the server.

The parent writes one line of JSON and the bytes to the child's standard input; the child answers
with length-prefixed frames of plain values. A child that dies or stalls is a clear error.
"""

from __future__ import annotations

import fcntl
import gc
import json
import marshal
import os
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import IO, Any

from outreach.kernel.clock import monotonic_s
from outreach.kernel.errors import OutreachError
from outreach.ledger.parsing import Frame, parse
from outreach.ledger.reading import UnreadableFile

_LENGTH = struct.Struct(">I")
_READ = 256 * 1024
_PIPE = 1024 * 1024  # what an unprivileged process may ask for on Linux


def parse_in_child(kind: str, data: bytes, wanted: Mapping[str, Any]) -> Iterator[Frame]:
    """Yield the frames of ``parsing.parse`` as a child makes them; closing the iterator kills it."""
    process = subprocess.Popen(  # noqa: S603  # our own module, no shell, no input in the command
        [sys.executable, "-m", "outreach.ledger.parse_child", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        close_fds=True,
    )
    try:
        _widen(process.stdout)
        # Its own thread feeds the child: a refused file may leave the pipe unread.
        feeder = Thread(target=_feed, args=(process.stdin, data, wanted), daemon=True)
        feeder.start()
        del data
        yield from _frames(process, seconds=wanted["limits"]["seconds"])
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _environment() -> dict[str, str]:
    package = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": f"{package}{os.pathsep}{known}" if known else package,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _widen(pipe: IO[bytes] | None) -> None:
    """Let the child read on while its parent writes what came before: a pipe holds 100 rows otherwise."""
    if pipe is None:
        return
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    except (AttributeError, OSError):
        # macOS has no such wish, and a user may have used up what the system allows: only slower.
        return


def _feed(pipe: IO[bytes] | None, data: bytes, wanted: Mapping[str, Any]) -> None:
    if pipe is None:
        return
    try:
        with pipe:
            pipe.write(json.dumps(wanted).encode() + b"\n")
            pipe.write(data)
    except (BrokenPipeError, ValueError, OSError):
        # The child's last frame, or its silence, tells the reader why.
        return


def _frames(process: subprocess.Popen[bytes], *, seconds: float) -> Iterator[Frame]:
    if process.stdout is None:
        raise UnreadableFile("reading_died", status=0)
    received = _Received(process.stdout.fileno(), seconds)
    while True:
        header = received.take(_LENGTH.size)
        body = received.take(_LENGTH.unpack(header)[0]) if header else None
        if body is None:
            raise _death(process)
        name, content = marshal.loads(body)  # noqa: S302  # our own child wrote it
        if name == "error":
            raise UnreadableFile(content["code"], **content["facts"])
        if name == "end":
            return
        yield name, content


class _Received:
    """Bytes from the child; only the time spent waiting for it counts against its limit."""

    def __init__(self, fd: int, seconds: float) -> None:
        self._fd = fd
        self._left = seconds
        self._buffer = bytearray()

    def take(self, count: int) -> bytes | None:
        """Return exactly ``count`` bytes, or None when the child has gone silent for good."""
        while len(self._buffer) < count:
            began = monotonic_s()
            ready, _, _ = select.select([self._fd], [], [], max(self._left, 0))
            self._left -= monotonic_s() - began
            if not ready:
                raise UnreadableFile("reading_took_too_long")
            chunk = os.read(self._fd, _READ)
            if not chunk:
                return None
            self._buffer += chunk
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def _death(process: subprocess.Popen[bytes]) -> UnreadableFile:
    try:
        status = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return UnreadableFile("reading_died", status=0)
    if status == -signal.SIGXCPU:
        return UnreadableFile("reading_took_too_long")
    # The reader's allocator aborts when the ceiling is reached.
    if status in (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV):
        return UnreadableFile("reading_needs_too_much_memory", status=status)
    return UnreadableFile("reading_died", status=status)


def main() -> int:
    """Read a request from standard input and answer with frames; the entry of the child."""
    out = sys.stdout.buffer
    stdin = sys.stdin.buffer
    wanted = json.loads(stdin.readline())
    _limit(wanted["limits"])
    # The child lives for one file and makes no cycles worth collecting.
    gc.disable()
    try:
        for frame in parse(sys.argv[1], stdin.read(), wanted):
            _send(out, frame)
        _send(out, ("end", None))
    except OutreachError as error:
        _send(out, ("error", {"code": error.code, "facts": error.facts}))
    except MemoryError:
        _send(out, ("error", {"code": "reading_needs_too_much_memory", "facts": {}}))
    except RecursionError:
        _send(out, ("error", {"code": "file_damaged", "facts": {}}))
    return 0


def _send(out: IO[bytes], frame: Frame) -> None:
    body = marshal.dumps(frame)
    out.write(_LENGTH.pack(len(body)) + body)
    out.flush()


def _limit(limits: Mapping[str, Any]) -> None:
    import resource

    seconds = max(int(limits["seconds"]), 1)
    for name, value in (
        ("RLIMIT_AS", limits["memory_bytes"]),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):
            # macOS knows no ceiling on address space; the time limit still holds there.
            continue


if __name__ == "__main__":
    sys.exit(main())
