"""Pages and hooks: parse, call once, answer."""
