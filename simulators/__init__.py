"""Pretend hardware, written from the makers' manuals and never from our drivers: the tests' independent witness."""
