"""Fakes that stand in for the real thing in tests, each in a file with the real one's name."""
