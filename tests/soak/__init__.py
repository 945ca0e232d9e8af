"""A gateway and its devices in one process and in simulated time: a day of faults in minutes, the same for each seed."""
