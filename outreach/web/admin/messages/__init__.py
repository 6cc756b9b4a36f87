"""Pages from which sending is steered: campaigns, wordings, cadences, gateways, health, opt-outs."""
