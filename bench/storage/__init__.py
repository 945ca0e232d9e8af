"""What storing and sending costs: processor, writes, memory and time, printed as ratios; ``python -m bench.storage``."""
