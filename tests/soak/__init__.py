"""A gateway and its devices in one process and in simulated time: a day in minutes, the same for each seed."""
