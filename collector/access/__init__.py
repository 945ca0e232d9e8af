"""Who may: people with roles and sessions, gateways with keys, and the one-time codes that make a gateway known."""
