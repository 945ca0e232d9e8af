"""CJ/T 188 water, heat and gas meters: their frames, their answers, their valves, and how they are found."""
