"""Receives what the gateways of a district send, keeps it exactly once, and shows it to the people on duty."""
