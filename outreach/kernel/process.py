"""The name of this process among those that share a database, and whether another one still lives."""

from __future__ import annotations

import os
import socket
from uuid import uuid4


def process_name() -> str:
    """Return a name for a piece of work of this process: ``host:pid:random``."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


def is_surely_dead(name: str) -> bool:
    """Return whether the process of this name ran on this machine and is gone; elsewhere nobody knows."""
    host, _, rest = name.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
