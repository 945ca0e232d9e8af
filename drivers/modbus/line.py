"""One bus as everybody on it shares it: a single connection, turns, and the silence that devices need."""

from config.settings import ModbusBus, ModbusTcpBus
from drivers.modbus.exchange import Exchange, NotSent
from drivers.modbus.pdu import Request
from drivers.modbus.turn import Turn
from runtime.clock import Clock


class Line:
    """Opens, closes and asks. ``turn`` must be held around ``ask``."""

    def __init__(self, bus: ModbusBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._exchange: Exchange | None = None
        self._gap = max(bus.gap_ms / 1000, _frame_gap_s(bus))
        self._quiet_since = 0.0
        self.turn = Turn()

    async def open(self) -> None:
        """Connect, dropping what was left of an earlier connection; ``LineLost`` or ``Misconfigured``."""
        self.close()
        exchange = Exchange(self._bus)
        try:
            await exchange.dial()
            self._exchange = exchange
        finally:
            if self._exchange is not exchange:
                exchange.hang_up()

    def close(self) -> None:
        """Drop the connection; who waits for an answer gets ``LineLost``."""
        if self._exchange is not None:
            self._exchange.hang_up()
            self._exchange = None

    async def ask(self, request: Request, pause_s: float) -> bytes:
        """Return the data of one answer, after ``pause_s`` of silence or the line's own gap; see ``Exchange.ask``."""
        gap = max(self._gap, pause_s)
        if gap:
            wait = self._quiet_since + gap - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
        exchange = self._exchange
        if exchange is None:
            raise NotSent("the bus is not open")
        if not gap:
            return await exchange.ask(request)
        try:
            return await exchange.ask(request)
        finally:
            self._quiet_since = self._clock.monotonic()


def _frame_gap_s(bus: ModbusBus) -> float:
    """Return seconds between RTU frames: 3.5 characters of 11 bits, 1.75 ms above 19200 baud (Serial Line V1.02)."""
    if isinstance(bus, ModbusTcpBus):
        return 0.0
    return 0.00175 if bus.baud > 19200 else 3.5 * 11 / bus.baud
