"""The history of the schema; ``outreach.schema.upgrade`` runs it."""
