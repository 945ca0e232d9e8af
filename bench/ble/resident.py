"""What Bluetooth's libraries weigh in an agent: each is imported after what the agent has loaded anyway."""

import json
import subprocess
import sys
from typing import Final

from bench.measured import table

_STEPS: Final = (
    ("the agent without Bluetooth", "edge_agent.app, drivers.modbus.driver, pymodbus.client"),
    ("dbus-fast", "dbus_fast, dbus_fast.aio"),
    ("bleak and its BlueZ part", "bleak, bleak.backends.bluezdbus.manager, bleak.backends.bluezdbus.client"),
    ("bleak-retry-connector", "bleak_retry_connector"),
    ("our driver", "drivers.ble.driver, drivers.ble.bluez, drivers.ble.connecting"),
    ("bthome-ble, xiaomi-ble and what they bring", "drivers.ble.formats.bthome, drivers.ble.formats.mibeacon"),
)
_SCRIPT: Final = """
import importlib, json, os, sys
from bench.account import account
for name in ("rich", "pygments", "click", "greenlet"):
    sys.modules[name] = None
for what in sys.argv[1:]:
    for name in what.split(", "):
        importlib.import_module(name)
    print(json.dumps(account(os.getpid()).memory))
"""


def resident_table() -> str:
    """Return the table, measured in a process of its own."""
    command = [sys.executable, "-c", _SCRIPT, *(modules for _, modules in _STEPS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    weights = [int(json.loads(line)) for line in done.stdout.split()]
    rows = [[_STEPS[0][0], f"{weights[0] / 1e6:.1f}"]]
    rows += [
        [f"+ {name}", f"{(after - before) / 1e6:+.1f}"]
        for (name, _), before, after in zip(_STEPS[1:], weights, weights[1:], strict=False)
    ]
    return table("What the libraries weigh, by importing one after the other", ["", "RSS MB"], rows)
