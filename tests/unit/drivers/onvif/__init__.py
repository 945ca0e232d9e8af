"""What cameras tell: every dialect, every vector, and whatever else arrives."""
