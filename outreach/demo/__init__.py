"""An invented district for trying the product: people, six weeks of history, and Zhao at "considering"."""

from outreach.demo.making import make_demo, throw_away

__all__ = ["make_demo", "throw_away"]
