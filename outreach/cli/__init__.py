"""The command line: ``python -m outreach COMMAND``. Light to import; ``commands`` holds them all."""
