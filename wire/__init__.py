"""The words that the agent and the collector share; pure values, no I/O, nothing else of ours imported."""

PROTOCOL = 1
"""Version of everything in this package as it appears on the wire; see docs/protocol.md."""
