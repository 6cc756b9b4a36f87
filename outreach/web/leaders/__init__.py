"""Pages for leaders: where units stand and why, work, rides, messages, responsibility, what it would take."""
