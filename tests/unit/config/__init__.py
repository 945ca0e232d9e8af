"""How the configuration is read: catalogue, expressions, every mistake with its message."""
