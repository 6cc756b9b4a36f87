"""Long work that a page asks for and a worker does, with progress, best-so-far and cancel."""
