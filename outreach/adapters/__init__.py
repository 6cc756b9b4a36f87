"""Doors to the world outside: message gateways, geocoders, travel times."""
