"""The uplink loses nothing and doubles nothing, whatever the collector or somebody in between answers."""
