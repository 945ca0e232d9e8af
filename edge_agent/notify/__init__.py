"""Tells people of alarms by the gateway itself: what is told to whom, what became of it, and the ways there."""
