"""Tests of the lists of plates on the box."""
