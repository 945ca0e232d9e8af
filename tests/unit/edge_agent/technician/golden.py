"""Golden texts: what a command prints, word for word; ``LINLI_GOLDEN=write`` writes them anew for a person to read."""

import os
from pathlib import Path

HOME = Path(__file__).parent / "golden"


def check_golden(name: str, shown: str) -> None:
    """Hold ``shown`` against the file ``name`` of the golden folder."""
    path = HOME / name
    if os.environ.get("LINLI_GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text("utf-8")
