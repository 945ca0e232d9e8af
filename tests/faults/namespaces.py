"""Two network namespaces and a bad wire between them: the same scenarios with packets that really get lost.

Needs root. This process moves into a namespace of its own, with the collector; the devices and the agent live in a
second one. Where the kernel has netem, `tc` makes the weather on a veth pair; elsewhere `PacketWire` does on two TUN
devices.
"""

import asyncio
import ctypes
import dataclasses
import fcntl
import os
import random
import shutil
import struct
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from runtime.clock import SystemClock
from simulators.demo.programs import BIN, Program
from simulators.network import WEATHERS, Flow, ProxyThread
from simulators.network.packets import PacketWire
from simulators.network.weather import CALM
from tests.faults.rig import Rig
from tests.faults.scenario import Scenario

HERE, THERE = "10.231.0.1", "10.231.0.2"
_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


class NoNamespaces(RuntimeError):
    """This machine does not let us have them; the message says what it said."""


def netem_words(flow: Flow) -> list[str]:
    """Return what `tc qdisc` is told for one direction."""
    words = ["netem", "limit", "1000"]
    if flow.delay_s:
        words += ["delay", f"{flow.delay_s * 1000:g}ms", f"{flow.jitter_s * 1000:g}ms"]
    if flow.lost or flow.loss:
        words += ["loss", "100%" if flow.lost else f"{flow.loss:%}"]
    return [*words, "rate", f"{flow.rate * 8:g}bit"] if flow.rate else words


class Namespaces:
    """Makes both, the wire between them, and takes the other one away at the end (ours ends with this process)."""

    def __init__(self, seed: int) -> None:
        self.other = f"linli-rig-{os.getpid()}"
        self._loop = asyncio.new_event_loop()
        self._wire: PacketWire | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
            raise NoNamespaces(os.strerror(ctypes.get_errno()))
        _run("ip", "netns", "add", self.other)
        _run("ip", "link", "set", "lo", "up")
        self._run_there("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "rig-here", "type", "veth", "peer", "name", "rig-there", "netns", self.other)
        self.netem = self._has_netem()
        ends = (-1, -1)
        if not self.netem:
            _run("ip", "link", "delete", "rig-here")
            ends = _tun("rig-here"), _tun("rig-there")
            _run("ip", "link", "set", "rig-there", "netns", self.other)
        _run("ip", "address", "add", f"{HERE}/30", "dev", "rig-here")
        _run("ip", "link", "set", "rig-here", "up")
        self._run_there("ip", "address", "add", f"{THERE}/30", "dev", "rig-there")
        self._run_there("ip", "link", "set", "rig-there", "up")
        if not self.netem:
            self._thread.start()
            asyncio.run_coroutine_threadsafe(self._carry(*ends, seed), self._loop).result(10)

    def change(self, up: Flow, down: Flow) -> None:
        """Have these flows between the namespaces from now on."""
        if self._wire is not None:
            self._wire.weather = dataclasses.replace(self._wire.weather, up=up, down=down)
        else:
            self._run_there("tc", "qdisc", "replace", "dev", "rig-there", "root", *netem_words(up))
            _run("tc", "qdisc", "replace", "dev", "rig-here", "root", *netem_words(down))

    def close(self) -> None:
        """Take the other namespace away."""
        if self._wire is not None:
            asyncio.run_coroutine_threadsafe(self._wire.__aexit__(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        _run("ip", "netns", "delete", self.other)

    def _has_netem(self) -> bool:
        try:
            _run("tc", "qdisc", "replace", "dev", "rig-here", "root", "netem", "limit", "1000")
        except NoNamespaces:
            return False
        return True

    def _run_there(self, *command: str) -> None:
        _run("ip", "netns", "exec", self.other, *command)

    async def _carry(self, here: int, there: int, seed: int) -> None:
        self._wire = PacketWire(there, here, SystemClock(), random.Random(seed))
        await self._wire.__aenter__()


class NamespacedRig(Rig):
    """A rig whose devices and agent live in the other namespace; what a link loses is lost on the wire between."""

    def __init__(self, folder: Path, scenario: Scenario, namespaces: Namespaces) -> None:
        super().__init__(folder, scenario)
        self._namespaces = namespaces
        self.health_host = THERE

    def change_link(self, weather: str) -> None:
        """See ``Rig.change_link``: the flows go to the wire, the rest to the proxy."""
        chosen = WEATHERS[weather]
        self._namespaces.change(chosen.up, chosen.down)
        assert self.network is not None
        self.network.change(dataclasses.replace(chosen, up=CALM, down=CALM))

    def make_network(self) -> ProxyThread:
        """See ``Rig.make_network``."""
        return ProxyThread(self.upstream, seed=self.scenario.seed, host=HERE)

    def program(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Program:
        """See ``Stage.program``: in the other namespace, but for the collector."""
        if name != "collector":
            ip = shutil.which("ip") or "ip"
            command = [ip, "netns", "exec", self._namespaces.other, str(BIN / command[0]), *command[1:]]
        return super().program(name, command, environment)


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NoNamespaces(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise NoNamespaces(f"{' '.join(command)}: {error.stderr.strip()}") from error
