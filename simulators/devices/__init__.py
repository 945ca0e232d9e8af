"""The things of a community as their makers' manuals and their mechanics describe them."""
