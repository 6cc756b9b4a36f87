"""What was done and seen, by whom: an append-only chain that shows tampering."""
