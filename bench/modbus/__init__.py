"""Modbus as the field really is: slow lines, dead slaves, busy writes, a day of faults; ``python -m bench.modbus``."""
