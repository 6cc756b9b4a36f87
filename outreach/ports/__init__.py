"""What the product asks of the world outside; adapters answer it, tests stand in for it."""
