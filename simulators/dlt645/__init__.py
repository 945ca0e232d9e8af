"""Pretend DL/T 645 electricity meters, written from the standard; no driver is imported here."""
