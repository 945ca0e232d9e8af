"""Tests of whether a camera really looks."""
