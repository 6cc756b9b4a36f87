"""The list of every route with its required right: ``tests/data/routes.txt`` is for a person to look at."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from outreach.web.access import right_of

LIST = Path(__file__).resolve().parent / "data" / "routes.txt"
OWN_METHODS = frozenset({"HEAD", "OPTIONS"})


def listed(app: Flask) -> list[str]:
    """Return one line per route: methods, address, right."""
    with app.app_context():
        lines = [
            f"{' '.join(sorted((rule.methods or set()) - OWN_METHODS)):5} {rule.rule}  ->  "
            f"{right_of(rule.endpoint) or 'NO RIGHT'}"
            for rule in app.url_map.iter_rules()
        ]
    return sorted(lines, key=lambda line: [*line.split()[1:2], line])
