"""Tests of a camera's metadata stream."""
