"""`python -m tests.air --hours 24`: lives a day in the air and gives account of what was told, and what was not."""

import argparse
import sys
import time

from tests.air.day import Account, live
from tests.fakes.warp import run_warped


def main() -> int:
    """Return 0 only if each call was told exactly once, and nothing was left open."""
    parser = argparse.ArgumentParser(prog="python -m tests.air", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--wearables", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slower", type=float, default=5.0, help="everybody advertises so many times less often")
    given = parser.parse_args()
    cpu, wall = time.process_time(), time.monotonic()
    account = run_warped(live(given.hours, given.wearables, given.seed, slower=given.slower))
    print(describe(account))
    print(f"{time.process_time() - cpu:.0f} CPU s, {time.monotonic() - wall:.0f} s")
    return 0 if account.good else 1


def describe(account: Account) -> str:
    """Return the account in a few lines."""
    deaf = account.deaf_s
    return "\n".join(
        [
            f"{account.hours:g} h, {account.wearables} wearables, {account.sent} advertisements",
            f"calls {account.calls}, told {account.told}, doubled {account.doubled}",
            f"missing {account.missing}, strange {account.strange}",
            f"faults {dict(account.faults)}; deaf {len(deaf)} times, longest {max(deaf, default=0):.0f} s",
            f"readings stored {account.readings}, alerts raised {account.raised}",
            f"open files {account.open_before} before, {account.open_after} after; tasks left {account.tasks}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
