"""A disk that is slow, full, broken or without power, for one process and its buffer's files alone."""
