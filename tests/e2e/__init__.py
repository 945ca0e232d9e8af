"""The whole main job with real processes: pretend devices, the agent, the collector, and a truth oracle."""
