"""What the collector keeps: one small interface, tables for every dialect, and the one SQLite file of today."""
