"""One bus as everybody on it shares it: a single connection, turns, and the silence that devices need."""

from collections import defaultdict

from config.bus_settings import ModbusBus, ModbusTcpBus
from drivers.api.errors import CorruptAnswer, DeviceRefused, Timeout
from drivers.api.tape import Tape
from drivers.modbus.exchange import Exchange, NotSent
from drivers.modbus.patience import Patience
from drivers.modbus.pdu import Request
from drivers.modbus.turn import Turn
from runtime.clock import Clock


class Line:
    """Opens, closes and asks. ``turn`` must be held around ``ask``, ``tell`` and ``park``."""

    def __init__(self, bus: ModbusBus, clock: Clock, tape: Tape) -> None:
        self._bus = bus
        self._clock = clock
        self._tape = tape
        self._exchange: Exchange | None = None
        self._parked = False
        self._hasty = not isinstance(bus, ModbusTcpBus)
        self._gap = max(bus.gap_ms / 1000, frame_gap_s(bus))
        self._quiet_since = 0.0
        self._patience: defaultdict[int, Patience] = defaultdict(lambda: Patience(bus.timeout_s))
        self.turn = Turn()

    async def open(self) -> None:
        """Connect, dropping what was left of an earlier connection, and let a converter settle that needs it.

        ``LineLost`` or ``Misconfigured`` when there is no connection.
        """
        self.close()
        self._exchange = await self._connected()

    def close(self) -> None:
        """Drop the connection; who waits for an answer gets ``LineLost``."""
        self._parked = False
        if self._exchange is not None:
            self._exchange.hang_up()
            self._exchange = None

    def park(self) -> None:
        """Give the connection back until the next request makes a new one; nothing where it is lost already."""
        if self._exchange is not None:
            self.close()
            self._parked = True

    async def ask(self, request: Request, pause_s: float, *, patient: bool = False) -> bytes:
        """Return the data of one answer, after ``pause_s`` of silence or the line's own gap; see ``Exchange.ask``.

        A unit that did not answer lately is given less than the bus's timeout, unless ``patient``. Behind a Modbus TCP
        gateway it is not: the gateway would go on waiting for it, and its neighbours behind the gateway with it.
        """
        exchange = self._exchange
        if exchange is None or self._gap or pause_s:
            exchange = await self._ready(pause_s)
        patience = self._patience[request.dev_id]
        try:
            data = await exchange.ask(
                request, patience.seconds() if self._hasty and not patient else self._bus.timeout_s
            )
        except (Timeout, CorruptAnswer):
            patience.silent()
            raise
        except DeviceRefused:
            patience.answered(exchange.took_s)
            raise
        finally:
            if self._gap or pause_s:
                self._quiet_since = self._clock.monotonic()
        patience.answered(exchange.took_s)
        return data

    async def rest(self, pause_s: float) -> None:
        """Let the silence pass that is due before the next request. Who does so before it takes the ``turn`` lets what
        is urgent go first until then.
        """
        gap = max(self._gap, pause_s)
        if gap:
            wait = self._quiet_since + gap - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)

    async def tell(self, request: Request, pause_s: float) -> None:
        """Send a broadcast and give everybody the bus's turnaround to digest it; ``NotSent`` as for ``ask``."""
        exchange = await self._ready(pause_s)
        await exchange.tell(request)
        if not isinstance(self._bus, ModbusTcpBus):
            await self._clock.sleep(self._bus.turnaround_s)
        self._quiet_since = self._clock.monotonic()

    async def _ready(self, pause_s: float) -> Exchange:
        await self.rest(pause_s)
        if self._exchange is None and self._parked:
            exchange = await self._connected()
            if not self._parked:  # closed meanwhile
                exchange.hang_up()
            else:
                self._exchange, self._parked = exchange, False
        if self._exchange is None:
            raise NotSent("the bus is not open")
        return self._exchange

    async def _connected(self) -> Exchange:
        exchange = Exchange(self._bus, self._tape)
        try:
            await exchange.dial()
            if self._bus.settle_s:
                await self._clock.sleep(self._bus.settle_s)
        except BaseException:
            exchange.hang_up()
            raise
        return exchange


def frame_gap_s(bus: ModbusBus) -> float:
    """Return seconds between RTU frames: 3.5 characters of 11 bits, 1.75 ms above 19200 baud (Serial Line V1.02).

    A serial server keeps them itself on its serial side, yet it must not be given two requests that run into one.
    """
    if isinstance(bus, ModbusTcpBus):
        return 0.0
    return 0.00175 if bus.baud > 19200 else 3.5 * 11 / bus.baud
