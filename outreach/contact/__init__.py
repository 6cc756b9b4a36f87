"""Speaking with people: messages out and in, attempts by staff, questions and answers, opt-outs."""
