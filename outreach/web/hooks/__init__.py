"""Doors for machines: callbacks and replies of message gateways, admitted by their signature alone."""
