"""Everything that proves what the project promises."""
