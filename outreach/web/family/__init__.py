"""The family page: one visit in large type, without any login, and how staff hand it over."""
