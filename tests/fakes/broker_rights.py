"""What docs/operations.md tells an operator to write for Mosquitto, so that tests run on exactly that."""

import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
COLLECTOR = "_collector"
"""The collector's name at the broker in that text."""


def access_list() -> str:
    """Return the page's access list."""
    found = re.search(r"```text\n(user _collector\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def rights(folder: Path, **passwords: str) -> tuple[str, ...]:
    """Write access list and password file into ``folder``; return the lines of configuration that name them.

    ``passwords`` are by user name, in which ``_`` stands for ``-`` except in front.
    """
    listed = folder / "linli.acl"
    listed.write_text(access_list(), encoding="utf-8")
    users = folder / "linli.passwd"
    users.touch(mode=0o600)
    for name, password in passwords.items():
        user = name[0] + name[1:].replace("_", "-")
        subprocess.run(["mosquitto_passwd", "-b", str(users), user, password], check=True, capture_output=True)
    for file in (listed, users):
        file.chmod(0o600)
    return "allow_anonymous false", f"password_file {users}", f"acl_file {listed}"
