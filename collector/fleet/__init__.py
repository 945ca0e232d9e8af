"""How the gateways are at this moment."""
