"""The example configurations as they are on a box: in a folder of their own, with a file for each secret they name."""

import re
import shutil
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
ALL = sorted(EXAMPLES.glob("*.yaml"))


def set_out(example: Path, folder: Path) -> Path:
    """Copy all examples to ``folder`` and return where ``example`` is there; its secrets may be read by nobody else."""
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    (folder / "secrets").mkdir(mode=0o700)
    for name in set(re.findall(r"!secret (\w+)", example.read_text("utf-8"))):
        (folder / "secrets" / name).touch(0o600)
        (folder / "secrets" / name).write_text("path-of-0123456789abcdef\n", encoding="utf-8")
    return folder / example.name
