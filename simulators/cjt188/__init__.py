"""Pretend CJ/T 188 water, heat and gas meters, written from the standard; no driver is imported here."""
