"""Where people live and sites stand: the area tree, addresses, points and travel times."""
