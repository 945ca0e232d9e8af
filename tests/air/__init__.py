"""Simulated days of an air full of wearables: the unmodified stack, an emulated BlueZ, and time that jumps."""
