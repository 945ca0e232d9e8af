"""Tests of the edge agent's parts, with lent time, a fake driver and a fake buffer."""
