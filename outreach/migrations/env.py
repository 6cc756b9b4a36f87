"""Runs migrations over one connection that the caller opened (SQLite needs batch mode to alter)."""

from alembic import context

from outreach.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
