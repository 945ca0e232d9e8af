"""Whether a camera really looks: its picture judged, its clock, its rate and its recordings asked for."""
