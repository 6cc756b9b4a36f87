"""The clinic desk: arrivals by slot, identity, pre-screen, dose from stock, observation, ready."""
