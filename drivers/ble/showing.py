"""One device shown live: each advertisement and characteristic, the fields in it, and what became of each point."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from statistics import median
from typing import Any, Final

from config.bluetooth import Visit
from config.duration import parse_duration
from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, DriverError, LineLost, Misconfigured, NotSupported
from drivers.api.overhears import Element
from drivers.api.shows import SAME_S, Made, Shown
from drivers.ble.addresses import address_kind
from drivers.ble.advertisement import Advertisement
from drivers.ble.air import Connection, Connector, Receiver
from drivers.ble.freshness import Freshness
from drivers.ble.reading import AdvertReading, CharacteristicReading, made
from drivers.ble.tapping import Tap
from runtime.clock import Clock
from wire.reading import Value

_GAPS: Final = 16


async def show(
    device: DeviceSettings,
    ears: Sequence[tuple[Receiver, Connector]],
    clock: Clock,
    mine: Callable[[Advertisement], bool],
    seconds: float | None = None,
) -> AsyncGenerator[Shown, None]:
    """Do what ``drivers.api.Shows.show`` promises for ``device``; ``mine`` tells its advertisements from all others."""
    tap: Tap[Shown] = Tap()
    receivers = [receiver for receiver, _ in ears]
    connectors = {receiver.name: connector for receiver, connector in ears}
    showing = _Showing(device, connectors, clock, tap.tell)

    def heard(advertisement: Advertisement) -> None:
        if mine(advertisement):
            showing.hear(advertisement)

    async with aclosing(tap.run(receivers, heard, clock, seconds, [showing.visit()])) as told:
        async for shown in told:
            yield shown


def elements_of(heard: Advertisement) -> tuple[Element, ...]:
    """Return the data of an advertisement, each piece with where it stood."""
    companies = [Element(f"company {company:04x}", data) for company, data in sorted(heard.companies.items())]
    return (*companies, *(Element(f"service {uuid}", data) for uuid, data in sorted(heard.services.items())))


class _Showing:
    def __init__(
        self,
        device: DeviceSettings,
        connectors: Mapping[str, Connector],
        clock: Clock,
        tell: Callable[[Shown], None],
    ) -> None:
        if device.profile.bluetooth is None:
            raise Misconfigured(f"{device.profile.id} is no Bluetooth product")
        self._bluetooth = device.profile.bluetooth
        self._adverts = [AdvertReading(advert, device) for advert in self._bluetooth.adverts]
        visit = self._bluetooth.visit
        self._reads = [CharacteristicReading(one, device) for one in visit.reads] if visit is not None else []
        self._connectors, self._clock, self._tell = connectors, clock, tell
        self._first: asyncio.Future[Advertisement] = asyncio.get_running_loop().create_future()
        self._last_at = 0
        self._freshness = Freshness()
        self._gaps_s: deque[float] = deque(maxlen=_GAPS)
        self._last: dict[str, tuple[tuple[Element, ...], tuple[str, ...]]] = {}

    def hear(self, heard: Advertisement) -> None:
        """Take an advertisement of the device in."""
        gap_s = (heard.at - self._last_at) / 1_000_000
        if self._last_at and gap_s >= SAME_S:
            self._gaps_s.append(gap_s)
        self._last_at = heard.at
        self._freshness.heard(heard.at / 1_000_000)
        if not self._first.done():
            self._first.set_result(heard)
        self._tell(self._shown(heard))

    async def visit(self) -> None:
        """Connect to the device once it is heard, if it has to be, and tell what is read."""
        visit = self._bluetooth.visit
        if visit is None:
            return
        heard = await self._first
        try:
            if heard.receiver not in self._connectors:
                raise NotSupported(f"{heard.receiver} connects to nobody")
            connection = await self._connectors[heard.receiver].connect(heard.address)
        except DriverError as error:
            self._tell(self._failed(heard, "connect", error))
            return
        try:
            await self._read_all(connection, heard, visit)
        finally:
            await connection.close()

    async def _read_all(self, connection: Connection, heard: Advertisement, visit: Visit) -> None:
        """Read and await whatever the profile says, for as long as a visit lasts; a stream lasts until the end."""
        for reading in self._reads:
            what = reading.what
            try:
                if what.how == "read":
                    self._told(heard, reading, await connection.read(what.service, what.characteristic))
                else:
                    take = self._taker(heard, reading)
                    await connection.subscribe(what.service, what.characteristic, take)
            except DriverError as error:
                if not (what.optional and isinstance(error, NotSupported)):
                    self._tell(self._failed(heard, reading.where, error))
                if isinstance(error, LineLost):
                    return
        if any(reading.what.how == "notify" for reading in self._reads):
            await self._stay(connection, None if visit.when == "stream" else parse_duration(visit.stay))

    async def _stay(self, connection: Connection, seconds: float | None) -> None:
        """Wait until the connection is gone, for ``seconds`` at most."""
        waiting = [asyncio.create_task(connection.gone(), name="gone")]
        if seconds is not None:
            waiting.append(asyncio.create_task(self._clock.sleep(seconds), name="stay"))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _taker(self, heard: Advertisement, reading: CharacteristicReading) -> Callable[[bytes], None]:
        return lambda value: self._told(heard, reading, value)

    def _told(self, heard: Advertisement, reading: CharacteristicReading, value: bytes) -> None:
        shown = self._of(heard, source=reading.where, elements=(Element(reading.where, value),))
        try:
            fields, meaning = reading.read(value)
        except DriverError as error:
            self._tell(replace(shown, error=f"{error.word}: {error}"))
        else:
            self._tell(replace(shown, fields=fields, made=made(reading.what, fields, meaning)))

    def _failed(self, heard: Advertisement, source: str, error: DriverError) -> Shown:
        return self._of(heard, source=source, error=f"{error.word}: {error}")

    def _shown(self, heard: Advertisement) -> Shown:
        shown = self._of(heard, elements=elements_of(heard), uuids=heard.uuids)
        before, self._last[heard.receiver] = self._last.get(heard.receiver), (shown.elements, shown.uuids)
        if before == self._last[heard.receiver]:
            return replace(shown, repeated=True)
        fields: dict[str, Value] = {}
        became: list[Made] = []
        error, foreign = "", True
        for reading in self._adverts:
            try:
                found = reading.read(heard)
            except CorruptAnswer as failure:
                error, foreign = f"{failure.word}: {failure}", False
                continue
            foreign = foreign and not reading.knows(heard)
            if found is not None:
                fields |= found[0]
                became += made(reading.what, *found)
        if not foreign and self._bluetooth.signal and heard.rssi is not None:
            became.append(Made(self._bluetooth.signal, "rssi", heard.rssi, heard.rssi))
        return replace(shown, fields=fields, made=tuple(became), error=error, foreign=foreign)

    def _of(self, heard: Advertisement, **more: Any) -> Shown:
        gaps = self._gaps_s
        return Shown(
            at=self._clock.now() if more.get("source") else heard.at,
            address=heard.address,
            kind=address_kind(heard.address, heard.address_type),
            receiver=heard.receiver,
            rssi=heard.rssi,
            every_s=median(gaps) if gaps else 0.0,
            stale_s=0.0 if self._freshness.usual_s is None else self._freshness.allowed_s(),
            **more,
        )
