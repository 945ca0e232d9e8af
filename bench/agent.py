"""The agent's process as ``edge-agent run`` leaves it, but for its configuration: a plan made by the bench.

Run as ``python -P -m bench.agent PLAN STATE``. No class of the catalogue has twenty numbers, so the plan does not come
from a YAML file; a configuration is judged in another process anyway, and what comes back is the same pickle.
"""

import pickle
import sys
from pathlib import Path

from edge_agent import process


def main(plan: Path, state: Path) -> int:
    """Run until SIGTERM; return the exit status."""
    for package in process._NOT_NEEDED:
        sys.modules.setdefault(package, None)  # type: ignore[arg-type]  # as the process itself does, and before it
    from edge_agent import configuration
    from edge_agent.judge import Judgement

    def judge(path: Path, secrets_dir: Path, lists_dir: Path) -> Judgement:
        return Judgement(pickle.loads(path.read_bytes()), ())  # noqa: S301 - written by the bench

    configuration.judge = judge  # type: ignore[attr-defined]
    return process.main(plan, state, "console", "warning")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
