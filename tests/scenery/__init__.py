"""Places that a camera may look at, drawn: their weather, their nights, and what is done to the camera."""
