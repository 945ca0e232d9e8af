"""Tests of a camera's video and of what is read of it."""
