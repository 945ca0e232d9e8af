"""A whole district of pretend gateways that come back from an outage at once, written from docs/protocol.md."""
