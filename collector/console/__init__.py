"""The console that people see: its Vue source in ``web``, what is built from it in ``static``, which the API serves."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""Where the built console lies; holds ``index.html`` once it is built."""
