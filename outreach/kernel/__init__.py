"""Pure ground: clock, errors, time windows, phones and identity numbers; imports nothing of ours."""
