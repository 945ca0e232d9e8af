"""The box's own account of its alarms and of what people at the site said about them, with or without a collector."""
