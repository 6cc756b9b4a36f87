"""The three-dedicated service: ledger, one-on-one reminders and rides for residents aged 80 and over."""

__version__ = "0.1.0"
