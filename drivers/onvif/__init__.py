"""Cameras and door stations: what they tell, in whatever dialect their maker chose."""
