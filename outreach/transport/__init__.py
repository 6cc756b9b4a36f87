"""There and back: cars, drivers, escorts, shifts, ride legs, runs, handovers and plans."""
