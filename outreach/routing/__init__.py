"""The dispatch engine: a pure package that plans people, slots and rides together."""
