"""Pages of imports: files on their way into the ledger, official lists, and what waits for a person."""
