"""The door for WSGI servers: ``gunicorn wsgi:app``."""

from outreach.app import create_app

app = create_app()
