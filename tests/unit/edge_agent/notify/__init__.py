"""How people are told of alarms."""
