"""What storing and sending costs: processor, writes, memory and time; run it with ``python -m bench.storage``."""
