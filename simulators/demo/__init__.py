"""The main job on one machine: a pretend community, the agent, the collector, and what became of every reading."""
