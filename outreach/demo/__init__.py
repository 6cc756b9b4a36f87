"""An invented district for trying the product: people, six weeks of history, and Zhao at "considering"."""

from outreach.demo.making import has_people, make_demo, throw_away

__all__ = ["has_people", "make_demo", "throw_away"]
