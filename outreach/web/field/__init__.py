"""The phone page of drivers and escorts, entered by a one-day link or a short code."""
