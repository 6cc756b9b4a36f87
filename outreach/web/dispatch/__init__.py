"""Pages of the dispatcher: the day, the fleet, the crews, the sites, and the closing proof."""
