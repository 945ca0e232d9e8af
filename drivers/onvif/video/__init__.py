"""A camera's video: opened, decoded, and its number plates read on the box; importing this is cheap."""
