"""`python -m tests.faults`: plays what is named, or makes scenarios up, and ends each with the oracle's sentence."""

import argparse
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from simulators.demo.programs import DemoError
from tests.faults import generate, power_cuts
from tests.faults.namespaces import NamespacedRig, Namespaces, NoNamespaces
from tests.faults.play import play_on, tail_of
from tests.faults.rig import Rig
from tests.faults.scenario import FOLDER, Scenario, from_text, kills, load

UP_S = 10.0
"""The agent is up within this, whatever became of its files. Only this command insists; a test asserts no duration."""


def main() -> int:
    """Return 0 if every sentence is true, 1 otherwise."""
    asked = words().parse_args()
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    wrong = 0
    try:
        spaces = Namespaces(seed) if asked.netem else None
    except NoNamespaces as error:
        print(f"no network namespaces here: {error}", file=sys.stderr)
        return 2
    if spaces is not None:
        print("packets are lost by " + ("tc netem" if spaces.netem else "a wire of our own: this kernel has no netem"))
    if asked.power_cuts:
        wrong += not _cut_power(asked.power_cuts, seed)
    try:
        for scenario in _scenarios(asked, seed):
            scenario.mqtt = scenario.mqtt or asked.mqtt
            wrong += not _show(scenario, asked.keep, spaces)
    finally:
        if spaces is not None:
            spaces.close()
    return 1 if wrong else 0


def _scenarios(asked: argparse.Namespace, seed: int) -> Iterator[Scenario]:
    for name in asked.scenario:
        path = Path(name)
        yield load(path if path.suffix else FOLDER / f"{name}.yaml")
    if asked.all:
        yield from (load(path) for path in sorted(FOLDER.glob("*.yaml")))
    if asked.again:
        yield from_text(asked.again)
    if asked.kill:
        yield kills(asked.kill, asked.times, seed)
    for number in range(asked.random):
        yield generate.scenario(seed + number)


def _show(scenario: Scenario, keep: Path | None, spaces: Namespaces | None) -> bool:
    print(f"== {scenario.name} (seed {scenario.seed})", flush=True)
    with TemporaryDirectory(prefix="linli-faults-") as temporary:
        folder = (keep or Path(temporary)) / scenario.name
        try:
            rig = Rig(folder, scenario) if spaces is None else NamespacedRig(folder, scenario, spaces)
            found = play_on(rig, lambda line: print(line, flush=True))
        except (DemoError, RuntimeError) as error:
            print(f"FAILED: {error}\n{tail_of(folder)}\nagain: --again '{scenario.text()}'", flush=True)
            return False
        print(
            *(f"        {line}" for line in found.outages), f"        up again in {found.up_s:.1f} s at most", sep="\n"
        )
        print(f"ledger of the meters: {found.ledger}")
        more = f"{found.numbered} numbered readings, {found.unread} of them never called durable or listed as lost"
        print(f"{found.sentence()} · {more} · {found.alerts} alerts", flush=True)
        if found.up_s > UP_S:
            found.faults.append(f"the agent took {found.up_s:.1f} s to be up")
        if found.faults:
            faults = "\n".join(f"  ! {fault}" for fault in found.faults)
            print(f"FAILED:\n{faults}\n{tail_of(folder)}\nagain: --again '{scenario.text()}'", flush=True)
        return not found.faults


def _cut_power(count: int, seed: int) -> bool:
    with TemporaryDirectory(prefix="linli-power-") as folder:
        found = power_cuts.run(Path(folder), count, seed, lives=max(1, count // 25))
    print(found.sentence(), *(f"  ! {fault}" for fault in found.faults), sep="\n", flush=True)
    return not found.faults


def words() -> argparse.ArgumentParser:
    """Return what may be said to this command."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenario", nargs="*", help="a name in tests/faults/scenarios, or a file")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="make up and play so many")
    parser.add_argument("--seed", type=int, help="of the first one made up, of kills and of power cuts")
    parser.add_argument("--kill", choices=("agent", "collector", "both"), help="kill it at random moments")
    parser.add_argument("--times", type=int, default=100, help="how often (100)")
    parser.add_argument("--power-cuts", type=int, default=0, metavar="N", help="cut the power of a buffer so often")
    parser.add_argument("--again", metavar="JSON", help="play what a failed run printed")
    parser.add_argument("--mqtt", action="store_true", help="through a real broker")
    parser.add_argument("--netem", action="store_true", help="in network namespaces, with packets that get lost (root)")
    parser.add_argument("--keep", type=Path, help="keep logs and data below this folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
