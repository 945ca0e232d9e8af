"""A pretended camera's video: scenes at a gate, drawn, encoded, and played for ever over RTSP by GStreamer."""
