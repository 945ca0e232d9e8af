"""What a poll costs a line of meters, purely: bytes, time on the wire, silence, and the meter's own time.

Source: the physical and data link layers of DL/T 645-2007: a character is a start bit, eight data bits, even parity and
a stop bit; a meter begins to answer within 20 to 500 ms. Behind a serial server the bytes take the same time, at the
speed that the meter's profile names.
"""

from config.bus_settings import MeterBus, MeterSerialBus
from config.settings import DeviceSettings
from drivers.api.costs import Cost, bits_per_character
from drivers.meters.frames import PREAMBLE
from drivers.meters.plan import Plan

ANSWER_S = 0.1
"""What a meter is assumed to take until its answer begins; makers seldom say more than that they keep the standard."""


_BAUD, _FORMAT = 2400, "8E1"
"""What both standards have meters ship with."""


def plan_costs(bus: MeterBus, device: DeviceSettings, plan: Plan, around: tuple[int, int]) -> tuple[Cost, ...]:
    """Return the cost of each question of ``plan``; ``around`` are the bytes of a frame beside the identifier, in a
    question and, beside identifier and data, in an answer. An answer that does not fit one frame counts as one.
    """
    line = bus if isinstance(bus, MeterSerialBus) else device.profile.transport
    character_s = bits_per_character(line.format or _FORMAT) / (line.baud or _BAUD)
    asked, answered = (len(PREAMBLE) + size for size in around)
    costs = []
    for part in plan.parts:
        identifier = len(part.item) // 2
        sent, got = asked + identifier, answered + identifier + part.size
        costs.append(Cost(sent, got, (sent + got) * character_s, bus.gap_ms / 1000, ANSWER_S))
    return tuple(costs)
