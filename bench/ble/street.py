"""The emulated BlueZ with everybody on its air, in a process of its own, and the plan of the agent that hears them.

Run as ``python -m bench.ble.street FOLDER CROWD SIREN``: writes the plan to FOLDER and prints one JSON line with the
message bus's address. It then answers each line of its standard input with one JSON line, and ends with its input:
``sent`` (how many advertisements so far), ``begin`` (all of them send from now on), and a wearable's name followed by
what it does, ``press`` or ``fall``: when the first advertisement with it was put on the air, in monotonic seconds.
"""

import asyncio
import json
import pickle
import sys
import time
from pathlib import Path

from bench.ble.crowds import crowd
from config.load import load
from edge_agent.plan import SitePlan, plan_site
from runtime.clock import SystemClock
from simulators.ble.air import Broadcast
from simulators.ble.neighbourhood import Neighbourhood
from simulators.ble.wearables.callers import Pendant
from simulators.ble.wearables.wearable import Wearable
from tests.air.gateway import devices_of

TOLD_S = 10
"""How often a device's readings are told; without a word about it, it is once a minute."""

_HEAD = """version: 1
site: {{code: 330402-bench, name: 测速小区}}
health: {{port: 0}}
buses:
  lan: {{type: modbus-tcp, host: 127.0.0.1, port: {port}}}
"""
_AIR = "  ble: {type: ble}\n"
_SIREN = """devices:
  siren: {name: 门卫声光报警器, profile: siren/waveshare-relay-d8, bus: lan, unit: 1, relay: 1, every: 10s}
"""
_RULES = """rules:
  change:
    sos: {action: {command: sound, devices: [siren], args: {seconds: 1}}}
    fall: {action: {command: sound, devices: [siren], args: {seconds: 1}}}
"""


class FirstEar:
    """Hears everything before the adapter does: ``sent`` counts it."""

    def __init__(self) -> None:
        self.sent = 0
        self._awaited: dict[str, asyncio.Future[float]] = {}

    def heard(self, broadcast: Broadcast) -> None:
        """See ``simulators.ble.air.Ear``."""
        self.sent += 1
        if broadcast.address in self._awaited:
            self._awaited.pop(broadcast.address).set_result(time.monotonic())

    def vanished(self, address: str) -> None:
        """See ``simulators.ble.air.Ear``."""

    async def next_of(self, address: str) -> float:
        """Return when this address sends next, in monotonic seconds."""
        self._awaited[address] = asyncio.get_running_loop().create_future()
        return await self._awaited[address]


class Street:
    """``folder`` gets the plan, the message bus and the secrets."""

    def __init__(self, folder: Path, name: str) -> None:
        clock = SystemClock()
        self.place = Neighbourhood(folder / "bus", clock)
        self.ear = FirstEar()
        adapter = self.place.bluez.adapter()
        self.place.air.leave(adapter)
        self.place.air.listen(self.ear)
        self.place.air.listen(adapter, adapter.reach)
        self.wearables = crowd(name, self.place.air, clock)
        self._sending: list[asyncio.Task[None]] = []

    async def answer(self, asked: str) -> dict[str, float]:
        """Do what a line asks for."""
        if asked == "begin":
            self._sending = [asyncio.create_task(one.run(), name=name) for name, one in self.wearables.items()]
        elif asked != "sent":
            name, deed = asked.split()
            caller = self.wearables[name]
            assert isinstance(caller, Pendant)
            getattr(caller, deed)()
            at = await self.ear.next_of(caller.address)
            caller.calm()
            return {"at": at}
        return {"sent": self.ear.sent}


def write_plan(folder: Path, wearables: dict[str, Wearable], port: int) -> SitePlan:
    """Write the gateway's file and its plan to ``folder``; without wearables it has no Bluetooth either."""
    text = _HEAD.format(port=port) + (_AIR if wearables else "") + _SIREN
    if wearables:
        lines = [line.removesuffix("}") + f", every: {TOLD_S}s}}" for line in devices_of(wearables, folder)]
        text += "\n".join(lines) + "\n" + _RULES
    file = folder / "gateway.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = load(file)
    if loaded.settings is None:
        raise RuntimeError("\n".join(one.message("en") for one in loaded.problems))
    plan = plan_site(loaded.settings)
    (folder / "plan").write_bytes(pickle.dumps(plan))
    return plan


async def _serve(folder: Path, name: str, port: int) -> None:
    loop, street = asyncio.get_running_loop(), Street(folder, name)
    write_plan(folder, street.wearables, port)
    await street.place.start()
    try:
        print(json.dumps({"bus": street.place.address}), flush=True)
        while asked := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await street.answer(asked.strip())), flush=True)
    finally:
        await street.place.stop()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
