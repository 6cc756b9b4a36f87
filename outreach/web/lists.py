"""Long lists: filters that live in the address, pages, and where the next one is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

PAGE = "page"
FURTHEST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Pages:
    """Which part of a list is shown, and the addresses of its neighbours with the same filters."""

    number: int
    size: int
    total: int
    previous: str
    next: str

    @property
    def first(self) -> int:
        """The place of the first row shown."""
        return min((self.number - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        """The place of the last row shown."""
        return min(self.number * self.size, self.total)


def page_number() -> int:
    """Return the page asked for in the address, at least 1; nonsense counts as 1."""
    text = request.args.get(PAGE, "1")
    return min(max(int(text), 1), FURTHEST_PAGE) if text.isascii() and text.isdigit() else 1


def pages(total: int, *, size: int) -> Pages:
    """Return where the present request stands in a list of ``total`` rows."""
    number = page_number()
    return Pages(
        number=number,
        size=size,
        total=total,
        previous=_address(number - 1) if number > 1 else "",
        next=_address(number + 1) if number * size < total else "",
    )


def _address(number: int) -> str:
    filters = {key: values for key, values in request.args.lists() if key != PAGE}
    return url_for(
        request.endpoint or "auth.home", **{**(request.view_args or {}), **filters, PAGE: number}
    )
