"""Pages of those who keep the ledger and speak with people: grid workers, callers and clinicians."""
