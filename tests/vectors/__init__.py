"""Payloads with their meaning, from elsewhere: what decoders are held to."""
