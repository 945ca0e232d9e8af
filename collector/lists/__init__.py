"""The communities' plate lists as people keep them, and as gateways get them."""
