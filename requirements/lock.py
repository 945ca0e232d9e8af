"""Pins and hashes the dependencies of every program, one file each, with no address in any of them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {
    "agent": ("agent",),
    "beacons": ("agent", "beacons"),
    "camera": ("agent", "camera"),
    "plates": ("agent", "plates"),
    "collector": ("collector",),
    "simulators": ("simulators",),
    "demo": ("agent", "collector", "simulators", "build"),
    "dev": ("agent", "beacons", "camera", "plates", "collector", "simulators", "build", "dev"),
}
"""Which extras of ``pyproject.toml`` each file locks."""


def main() -> None:
    """Write ``requirements/<name>.txt`` for every name, agreeing on one version of each package."""
    constraint = ROOT / "requirements" / "dev.txt"
    for name in ("dev", *(other for other in EXTRAS if other != "dev")):
        target = ROOT / "requirements" / f"{name}.txt"
        target.unlink(missing_ok=True)
        extras = [f"--extra={extra}" for extra in EXTRAS[name]]
        pins = [] if name == "dev" else [f"--constraint={constraint.relative_to(ROOT)}"]
        flags = ["--generate-hashes", "--strip-extras", "--no-emit-index-url", "--no-emit-trusted-host", "--no-header"]
        flags += ["--no-annotate", "--quiet", "--allow-unsafe", "--no-emit-find-links", "--no-emit-options"]
        command = [sys.executable, "-m", "piptools", "compile", *flags, *extras, *pins]
        subprocess.run([*command, f"--output-file={target}", "pyproject.toml"], cwd=ROOT, check=True)  # noqa: S603
        body = "\n".join(line for line in target.read_text().splitlines() if line and not line.startswith("--"))
        title = f"# Locked by `make lock`: what the extras {', '.join(EXTRAS[name])} of pyproject.toml need."
        target.write_text(f"{title}\n{body}\n")
        print(f"requirements/{name}.txt: {body.count('==')} packages")


if __name__ == "__main__":
    main()
