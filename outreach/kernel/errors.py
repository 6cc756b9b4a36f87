"""The family of errors that the product raises for its users, each carrying facts instead of prose."""

from __future__ import annotations


class OutreachError(Exception):
    """Something a user can understand and mend.

    ``code`` names the message catalogue entry (``web/messages.py`` words it in zh and en); ``facts``
    fill its gaps. Facts must never hold a name, number or health fact of a person: they reach logs.
    ``status`` is the HTTP status an edge answers with.
    """

    status = 422

    def __init__(self, code: str = "", **facts: object) -> None:
        self.code = code or _snake(type(self).__name__)
        self.facts = facts
        super().__init__(self.code)


class NotFound(OutreachError):
    """No such row, or none within the caller's area: the two must look alike (N6)."""

    status = 404


class NotAllowed(OutreachError):
    """The caller is known but lacks the right."""

    status = 403


class StaleVersion(OutreachError):
    """Someone else changed the row since the caller read it (fault 57)."""

    status = 409


class InvalidInput(OutreachError):
    """A value that cannot be read without guessing; ``facts['field']`` names where."""


class MoveNotAllowed(OutreachError):
    """A status cannot follow the present one; see ``docs/states.md``."""

    status = 409


class TooManyTries(OutreachError):
    """A throttle is shut."""

    status = 429


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
