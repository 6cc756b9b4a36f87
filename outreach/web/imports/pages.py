"""The pages of imports, gathered: importing this module gives the blueprint all of its views."""

from __future__ import annotations

from outreach.web.imports import files, queues, rows
from outreach.web.imports.door import bp

__all__ = ["bp", "files", "queues", "rows"]
