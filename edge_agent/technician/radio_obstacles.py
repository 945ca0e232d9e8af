"""Why a radio cannot be used now, in sentences with what to do: the bus of the system, its daemon, the adapter.

What the stack says is compared with what Linux shows to everybody: the socket of D-Bus, ``/sys/class/bluetooth`` and
``/sys/class/rfkill`` (rfkill(8)), ``/proc``. It explains a failure and never causes one: a stack may be elsewhere.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from config.bus_settings import BleBus, BusSettings
from drivers.api import DriverError
from edge_agent import sentences

ROOT: Final = Path("/")
_SOCKET: Final = "run/dbus/system_bus_socket"


def of_radio(error: DriverError, bus: BusSettings, lang: str, root: Path = ROOT) -> str:
    """Return one sentence about a radio that failed with ``error``, in ``zh`` or ``en``; the error stays in brackets.

    ``root`` is where the machine's files are.
    """
    said = f"{error.word}: {error}"
    word = _word(str(error), bus, root)
    if not word:
        return sentences.of_device(said, lang)
    known = ", ".join(_adapters(root)) or sentences.adapters_in(said)[1]
    wanted = " ".join(bus.adapters) if isinstance(bus, BleBus) else bus.id
    return f"{sentences.of_radio(word, lang).format(wanted=wanted, known=known)} ({said})"


def _word(text: str, bus: BusSettings, root: Path) -> str:
    """Return the word of ``sentences.of_radio`` for what is wrong, the first cause first; empty where nobody knows."""
    said = sentences.radio_word(text)
    if said in ("no_right", "busy") or "DBUS_SYSTEM_BUS_ADDRESS" in os.environ:
        return said
    return _seen(bus, root) or said


def _seen(bus: BusSettings, root: Path) -> str:
    """Return the word for what Linux shows to be missing, empty where nothing is."""
    if not (root / _SOCKET).exists():
        return "no_dbus"
    if not _runs("bluetoothd", root):
        return "no_daemon"
    present = _adapters(root)
    if isinstance(bus, BleBus) and not any(name in present or ":" in name for name in bus.adapters):
        return "no_adapter"
    return _blocked(root)


def _adapters(root: Path) -> list[str]:
    """Return the adapters that the kernel has (``hci0``); connections (``hci0:1``) lie beside them."""
    return sorted(path.name for path in (root / "sys/class/bluetooth").glob("hci*") if ":" not in path.name)


def _blocked(root: Path) -> str:
    """Return how every Bluetooth switch is blocked: ``rfkill_hard`` by a switch on the box, ``rfkill`` by software."""
    states = list(_switches(root))
    if not states or not all(soft or hard for soft, hard in states):
        return ""
    return "rfkill_hard" if any(hard for _, hard in states) else "rfkill"


def _switches(root: Path) -> Iterator[tuple[bool, bool]]:
    for switch in sorted((root / "sys/class/rfkill").glob("rfkill*")):
        with suppress(OSError):
            kind, soft, hard = ((switch / name).read_text("ascii").strip() for name in ("type", "soft", "hard"))
            if kind == "bluetooth":
                yield soft == "1", hard == "1"


def _runs(name: str, root: Path) -> bool:
    for comm in (root / "proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if comm.read_text("utf-8", errors="replace").strip() == name:
                return True
    return False
