"""Listens to the radios of one bus for ``edge-agent discover`` and says what was heard, or why nothing could be."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Literal

from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import DriverError
from edge_agent.technician import listening_page as page
from edge_agent.technician.listening import Air, listen
from edge_agent.technician.radio_obstacles import of_radio
from runtime.clock import SystemClock


def hear(
    bus: BusSettings,
    devices: Sequence[DeviceSettings],
    models: Sequence[str],
    seconds: float,
    lang: Literal["zh", "en"],
    say: Callable[[str], None],
    *,
    everybody: bool,
) -> Air | str:
    """Listen on ``bus`` and ``say`` who is there; return what was heard, or why it could not be."""
    say(page.opening(bus, seconds, lang))

    def tell(count: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{count:>14}\r")

    try:
        air = asyncio.run(listen(bus, devices, models, seconds, SystemClock(), tell))
    except DriverError as error:
        trouble = page.not_listened(of_radio(error, bus, lang), lang)
        say(f"  ✘ {trouble}\n")
        return trouble
    for device, refusal in air.refused:
        say(f"  ⚠ {device}: {of_radio(refusal, bus, lang)}")
    say(page.render(air, lang, everybody=everybody) + "\n")
    return air
