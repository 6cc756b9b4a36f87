"""Killing, stalling and doubling processes while messages flow; a provider of our own is the oracle."""
