"""The ledger: people, their doses and what they are due, and the striking off of each line."""
