"""Tests of the technician's commands."""
