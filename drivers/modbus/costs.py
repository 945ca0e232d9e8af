"""What a poll costs a Modbus line, purely: bytes, time on the wire, silence, and the device's own time.

Source: "MODBUS over Serial Line" V1.02, 2.5.1 (a character is a start bit, the data bits, parity, stop bits; frames
stand 3.5 characters apart), and the frame layouts of the application protocol V1.1b3, 6.1 to 6.4.
"""

from config.bus_settings import ModbusBus, ModbusTcpBus
from drivers.api.costs import Cost, bits_per_character
from drivers.modbus.line import frame_gap_s
from drivers.modbus.plan import Plan

ANSWER_S = 0.02
"""What a device is assumed to take until its answer begins; makers seldom say, 5 to 50 ms is usual."""

_RTU_REQUEST, _RTU_ANSWER = 8, 5
_TCP_REQUEST, _TCP_ANSWER = 12, 9


def plan_costs(bus: ModbusBus, plan: Plan, pause_s: float) -> tuple[Cost, ...]:
    """Return the cost of each request of ``plan`` to a device that wants ``pause_s`` of silence."""
    silence_s = max(bus.gap_ms / 1000, frame_gap_s(bus), pause_s)
    if isinstance(bus, ModbusTcpBus):
        return tuple(Cost(_TCP_REQUEST, _TCP_ANSWER + run.size, 0.0, silence_s, ANSWER_S) for run in plan.runs)
    character_s = bits_per_character(bus.format) / bus.baud
    return tuple(
        Cost(
            _RTU_REQUEST,
            _RTU_ANSWER + run.size,
            (_RTU_REQUEST + _RTU_ANSWER + run.size) * character_s,
            silence_s,
            ANSWER_S,
        )
        for run in plan.runs
    )
