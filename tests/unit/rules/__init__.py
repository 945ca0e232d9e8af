"""Tests of the rule engine: no clock, no sleeping, only readings and what follows from them."""
