"""One file for each step, applied in order of its number; a released step is never edited."""
