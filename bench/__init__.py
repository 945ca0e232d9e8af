"""Benchmarks: each prints ratios to a bare loop of the same run; run one with ``python -m bench.<name>``."""
