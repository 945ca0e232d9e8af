"""The driver of one line of CJ/T 188 meters: reads them, and moves a valve once when it is told to."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import ClassVar

from config.profile import CommandMap, Scalar
from config.settings import DeviceSettings, MeterBus
from drivers.api.errors import (
    AnswerLost,
    CorruptAnswer,
    DeviceMustRecover,
    DeviceRefused,
    LineLost,
    Misconfigured,
    NotSupported,
    Timeout,
)
from drivers.cjt188.frames import (
    ADDRESS_DIGITS,
    ANSWER,
    FRAME_BYTES,
    MEDIA,
    REFUSED,
    UNITS,
    Frame,
    decode,
    encode,
    identifier,
    order,
    question,
    reader,
)
from drivers.meters.address import is_meant, wire_address
from drivers.meters.driver import Asks, MeterDriver
from drivers.meters.line import NotSent
from runtime.clock import Clock
from wire.reading import Value

READBACK_EVERY_S = 1.0
"""Pause between looks at a valve that has not moved yet; its motor takes seconds, and the line has others to serve."""

_ORDERS = {"auto": None, "901F": False, "1F90": True}


class Cjt188Meter:
    """One meter: its type and address, the number of the next question, and how its maker writes identifiers.

    In which order the two bytes of an identifier go is learned where the profile leaves it open: while the meter has
    not answered yet, each unanswered or refused question makes the next one try the other order.
    """

    around: ClassVar = (FRAME_BYTES + 1, FRAME_BYTES + 1)

    def __init__(self, device: DeviceSettings) -> None:
        medium, written = device.options.get("medium"), device.options.get("di_order", "auto")
        if not isinstance(medium, str) or medium not in MEDIA:
            raise Misconfigured(f"{device.id}: medium must be one of {', '.join(MEDIA)}")
        if not isinstance(written, str) or written not in _ORDERS:
            raise Misconfigured(f"{device.id}: di_order must be one of {', '.join(_ORDERS)}")
        self._kind, self._address = MEDIA[medium], wire_address(device, ADDRESS_DIGITS)
        self._swapped = _ORDERS[written]
        self._tries_swapped = False
        self._numbers = cycle(range(256))

    @property
    def known(self) -> bool:
        """Whether it is known how this meter's identifiers are written."""
        return self._swapped is not None

    async def read(self, line: Asks, item: str, size: int) -> bytes:
        """Return the data of ``item``; see ``drivers.meters.driver.Meter``."""
        tried = self._tries_swapped if self._swapped is None else self._swapped
        asked = question(self._kind, self._address, identifier(item, swapped=tried), next(self._numbers))
        try:
            answer = await self._ask(line, asked)
        except (Timeout, CorruptAnswer, DeviceRefused):
            self._tries_swapped = not tried
            raise
        if self._swapped is None:
            self._swapped = tried
        return answer.data[3:]

    async def write(self, line: Asks, item: str, value: int) -> None:
        """Write one byte to ``item``, whose writing must be ``known``, and wait for the answer; as ``read`` raises."""
        written = identifier(item, swapped=bool(self._swapped))
        await self._ask(line, order(self._kind, self._address, written, next(self._numbers), value))

    async def _ask(self, line: Asks, asked: Frame) -> Frame:
        item, serial = asked.data[:3], asked.data[2]

        def is_answer(whole: bytes) -> bool:
            frame = decode(whole)
            if frame.control & ~REFUSED != asked.control | ANSWER or frame.kind != asked.kind:
                return False
            if not is_meant(asked.address, frame.address):
                return False
            if frame.control & REFUSED:
                return len(frame.data) >= 2 and frame.data[0] == serial
            return frame.data.startswith(item)

        answer = decode(await line.ask(encode(asked), is_answer))
        if answer.control & REFUSED:
            code = answer.data[1]
            raise DeviceRefused(f"refused, status {answer.data[1:].hex(' ').upper()}", code)
        return answer


class Cjt188Driver(MeterDriver[Cjt188Meter]):
    """A ``Driver`` that ``Polls`` and ``Executes``. Never retries; see ``drivers.api`` for the contract."""

    def __init__(self, bus: MeterBus, devices: Sequence[DeviceSettings], clock: Clock) -> None:
        """``Misconfigured`` when a device cannot be served on this bus."""
        super().__init__(bus, devices, clock, reader=reader(), meter=Cjt188Meter, units=UNITS)

    async def execute(self, device: str, command: str, args: Mapping[str, Value]) -> dict[str, Value]:
        """Do a command of the profile once and return what was read back; see ``drivers.api.Executes``.

        ``AnswerLost`` also when the meter acknowledged and then did not show what the profile expects. An order that
        went unanswered is never sent again: nobody knows where the valve is, and a person decides.
        """
        target = self._target(device)
        how = target.settings.profile.commands.get(command)
        if how is None:
            raise NotSupported(f"{device} cannot do {command}")
        if args:
            raise Misconfigured(f"unknown argument {', '.join(sorted(args))}")
        item, value = _single_write(how)
        if not target.meter.known:
            await self.poll(device, how.readback)
        try:
            async with self._line.turn:
                await target.meter.write(self._line, item, value)
        except NotSent:
            raise
        except (Timeout, CorruptAnswer, LineLost) as error:
            raise AnswerLost(f"sent, but {error}") from error
        return await self._read_back(device, how)

    async def _read_back(self, device: str, how: CommandMap) -> dict[str, Value]:
        until = self._clock.monotonic() + how.within_s
        seen: dict[str, Value] = {}
        problem = "it shows something else"
        while True:
            try:
                batch = await self.poll(device, how.readback)
                good = batch.quality or (0,) * len(batch.points)
                seen = {key: value for key, value, bad in zip(batch.points, batch.values, good, strict=True) if not bad}
            except DeviceMustRecover as error:
                problem = str(error)
            if all(seen.get(key) in _any_of(wanted) for key, wanted in how.expect.items()):
                return seen
            if self._clock.monotonic() >= until:
                raise AnswerLost(f"acknowledged, but {problem}: {seen}")
            await self._clock.sleep(READBACK_EVERY_S)


def _single_write(how: CommandMap) -> tuple[str, int]:
    write = how.writes[0]
    if len(how.writes) != 1 or write.kind != "item" or not isinstance(write.address, int):
        raise Misconfigured("a meter's command writes one item")
    if not isinstance(write.value, int) or not 0 <= write.value <= 0xFF:
        raise Misconfigured("an item is written with one byte")
    return f"{write.address:04X}", int(write.value)


def _any_of(wanted: Scalar | tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)
