"""Readings for leaders: coverage, contacts, rides, and what they open into."""
