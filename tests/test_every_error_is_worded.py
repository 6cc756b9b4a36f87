"""Every error that the product raises for its users has words."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import outreach
import outreach.web.blueprints
from outreach.kernel.errors import NotFound, OutreachError
from outreach.web.error_words import WORDS
from outreach.web.messages import MESSAGES

PACKAGE = Path(outreach.__file__).parent
# What only the command line meets is told there as it is.
COMMAND_LINE_ONLY = (
    "backups.py",
    "campaigns/case_files.py",
    "demo/",
    "routing/",
    "workflows/initialise.py",
)


def error_classes() -> dict[str, type[OutreachError]]:
    """Return every error of the family by name."""
    for module in pkgutil.walk_packages([str(PACKAGE)], "outreach."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[OutreachError]] = {}
    waiting: list[type[OutreachError]] = [OutreachError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting.extend(kind.__subclasses__())
    return found


def raised() -> dict[str, str]:
    """Return every code that some line raises, with that line."""
    classes = error_classes()
    codes: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        where = str(path.relative_to(PACKAGE))
        if where.startswith(COMMAND_LINE_ONLY):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            call = node.exc
            name = call.func if isinstance(call, ast.Call) else call
            if not isinstance(name, ast.Name) or name.id not in classes:
                continue
            if issubclass(classes[name.id], NotFound):
                continue  # all of them say "not here, or not within your area" (N6)
            given = call.args[0] if isinstance(call, ast.Call) and call.args else None
            if given is None:
                code = _own_code(classes[name.id])
            elif isinstance(given, ast.Constant) and isinstance(given.value, str):
                code = given.value
            else:
                continue  # computed: its own tests word it
            codes.setdefault(code, f"{where}:{node.lineno}")
    return codes


def _own_code(kind: type[OutreachError]) -> str:
    name = kind.__name__
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def test_every_error_that_can_reach_a_user_is_worded() -> None:
    worded = MESSAGES.keys() | WORDS.keys()
    missing = [f"{where}: {code}" for code, where in raised().items() if code not in worded]
    assert not missing, "\n".join(missing)
