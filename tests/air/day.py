"""A day in the air, made from a seed: who lives there, what befalls them, how the radio breaks; and its account."""

import asyncio
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from runtime.clock import Clock
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.callers import Pendant
from simulators.ble.wearables.crowd import Crowd
from simulators.ble.wearables.wearable import Wearable
from tests.air.gateway import EVENTS, settings_of
from tests.air.rig import Gateway, Witness, neighbourhood, trouble
from tests.fakes.warp import WarpClock, WarpLoop
from wire.alert import AlertState

CALLING_S: Final = 60.0
"""So long a call is in the air."""

SEEN: Final = 5
"""A call that was in the air so often, near enough, while an adapter was able to hear it, has to be told."""

_CALLS: Final = frozenset({"press", "fall", "test"})
_CHANGING: Final = frozenset(
    {"press", "fall", "test", "measure", "walk_away", "run_flat", "take_off", "garble", "rotate"}
)


@dataclass
class Account:
    """What happened and what was told of it, and what is left behind afterwards."""

    hours: float
    wearables: int
    sent: int = 0
    calls: int = 0
    told: int = 0
    missing: list[tuple[str, str, int]] = field(default_factory=list)
    strange: list[tuple[str, str, int]] = field(default_factory=list)
    doubled: list[tuple[str, str, int]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    deaf_s: list[float] = field(default_factory=list)
    readings: int = 0
    raised: int = 0
    open_before: int = 0
    open_after: int = 0
    tasks: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether each call was told exactly once, and nothing is left open."""
        return not (self.missing or self.strange or self.doubled or self.tasks) and self.open_after <= self.open_before


async def live(
    hours: float,
    wearables: int,
    seed: int,
    *,
    trouble_s: float = 1200.0,
    befall_s: float = 600.0,
    slower: float = 1.0,
) -> Account:
    """Live it on the running ``WarpLoop``. The radio breaks on average ``trouble_s`` apart, something befalls somebody
    ``befall_s`` apart and four calls for each such time; everybody advertises ``slower`` times less often than usual.
    """
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WarpLoop)
    clock, account = WarpClock(loop), Account(hours, wearables)
    with tempfile.TemporaryDirectory(prefix="air-") as place:
        folder = Path(place)
        account.open_before = _open_files()
        before = set(asyncio.all_tasks())
        async with neighbourhood(folder, clock) as air:
            loop.watch([pid for pid in [air.bus_pid] if pid is not None])
            how = _How(trouble_s, befall_s, slower)
            await _day(account, air, folder, clock, random.Random(seed), how)
        await clock.sleep(10)
        account.open_after = _open_files()
        account.tasks = [task.get_name() for task in asyncio.all_tasks() - before]
    return account


class _How(NamedTuple):
    trouble_s: float
    befall_s: float
    slower: float


async def _day(
    account: Account, air: Neighbourhood, folder: Path, clock: Clock, dice: random.Random, how: _How
) -> None:
    crowd = Crowd(account.wearables, dice.randrange(1 << 30), air.air, clock)
    for one in crowd.wearables.values():
        one.body = replace(one.body, every_s=how.slower * (one.body.every_s or one.pace_s))
        if isinstance(one, Pendant):
            one.calling_s = CALLING_S
    gateway = Gateway(settings_of(crowd.wearables, folder), clock)
    witness = Witness(air, crowd.wearables)
    log: list[str] = []
    living = asyncio.create_task(crowd.run(), name="crowd")
    async with gateway.running():
        await clock.sleep(60)
        busy = [
            asyncio.create_task(trouble(air, dice, clock, how.trouble_s, log), name="trouble"),
            asyncio.create_task(crowd.live(how.befall_s, _CHANGING), name="live"),
            asyncio.create_task(crowd.live(how.befall_s / 4, _CALLS), name="call"),
        ]
        await clock.sleep(account.hours * 3600)
        await _ended(*busy)
        await clock.sleep(CALLING_S + 120)
    await _ended(living)
    account.faults = Counter(log)
    account.deaf_s = [until - since for since, until in gateway.deaf]
    account.readings = sum(len(batch.points) for batch in gateway.told.batches)
    account.raised = sum(one.state is AlertState.RAISED for one in gateway.told.alerts)
    _compare(account, crowd.wearables, gateway, witness)


def _compare(account: Account, wearables: dict[str, Wearable], gateway: Gateway, witness: Witness) -> None:
    known = set(gateway.loop.links)
    wanted: Counter[tuple[str, str, int]] = Counter()
    heard_perhaps: set[tuple[str, str, int]] = set()
    for name, one in wearables.items():
        account.sent += one.sent
        for what in one.happened:
            event = EVENTS.get((one.model, what.what))
            if event is None or name not in known or what.number is None:
                continue
            key = name, event, what.number
            heard_perhaps.add(key)
            if witness.calls[name, what.number] >= SEEN:
                wanted[key] += 1
    names = set(EVENTS.values())
    told = Counter(
        (event.device, event.name, int(str(event.fields["seq"])))
        for event in gateway.told.events
        if event.name in names and wearables[event.device].model in {model for model, _ in EVENTS}
    )
    account.calls, account.told = wanted.total(), told.total()
    account.missing = sorted((wanted - told).elements())
    account.strange = sorted(key for key in told if key not in heard_perhaps)
    account.doubled = sorted(key for key in told if told[key] > max(1, wanted[key]))


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    for one in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(one, Exception):
            raise one


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
