"""Suites that every implementation of one interface must pass."""
