"""Writes ``tests/data/routes.txt`` anew (``python -m tests.routes_listed``): look at the difference."""

from __future__ import annotations

import tempfile
from pathlib import Path

from outreach.app import create_app
from outreach.config import Settings
from outreach.vault import new_vault, save_vault
from tests.routes import LIST, listed


def main() -> None:
    """Write the list."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder))
        save_vault(new_vault(), settings.keys_file)
        LIST.write_text("\n".join(listed(create_app(settings))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
