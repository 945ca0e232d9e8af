"""Bluetooth devices: what their data means, and what the driver makes of it."""
