"""YAML in a technician's hands becomes typed settings, or a list of every mistake with its place and remedy."""
