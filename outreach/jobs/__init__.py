"""What runs without anyone asking: the ticking worker, its lock and its jobs."""
