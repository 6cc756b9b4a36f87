"""Campaigns: vaccines, products, dated rule sets, and the pure rules that say whose dose is due when."""
