"""Tests of the pretend hardware: against the makers' frames and an independent client, never against our drivers."""
