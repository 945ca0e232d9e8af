"""Local alert rules: readings in, alert changes out; event time only, with no clock, no I/O and no tasks."""
