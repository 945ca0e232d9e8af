"""A Modbus unit that answers from a recording: every register and bit that the real device showed, and nothing else."""

from dataclasses import dataclass, field

from simulators.modbus.frames import crc16
from simulators.modbus.unit import COILS, DISCRETE_INPUTS, ILLEGAL_ADDRESS, Read, RefusedError, Unit
from tests.recordings import RecordedPoll

_REFUSAL = 0x80
_BITS = (COILS, DISCRETE_INPUTS)
_MBAP = 7


@dataclass(slots=True)
class Memory:
    """What one poll showed: values by function and address, and which reads were refused with which code."""

    values: dict[tuple[int, int], int] = field(default_factory=dict)
    refused: dict[tuple[int, int, int], int] = field(default_factory=dict)


class RecordedUnit(Unit):
    """Plays the device. ``show`` a poll, and it answers as the device did then, however the questions are put now."""

    def __init__(self, address: int, *, tcp: bool) -> None:
        super().__init__(address)
        self._tcp = tcp
        self._memory = Memory()

    def show(self, poll: RecordedPoll) -> None:
        """Answer from ``poll`` from now on; ``ValueError`` where its bytes are no Modbus."""
        self._memory = Memory()
        for sent, came in poll.exchanges:
            asked, said = self._pdu(sent), self._pdu(came)
            function, first, count = asked[0], int.from_bytes(asked[1:3], "big"), int.from_bytes(asked[3:5], "big")
            if said[0] & _REFUSAL:
                self._memory.refused[function, first, count] = said[1]
                continue
            data = said[2 : 2 + said[1]]
            for place in range(count):
                if function in _BITS:
                    value = data[place // 8] >> place % 8 & 1
                else:
                    value = int.from_bytes(data[2 * place : 2 * place + 2], "big")
                self._memory.values[function, first + place] = value

    def read_bits(self, read: Read) -> list[bool]:
        """Return the bits as they were."""
        return [bool(value) for value in self._held(read)]

    def read_registers(self, read: Read) -> list[int]:
        """Return the registers as they were."""
        return self._held(read)

    def _held(self, read: Read) -> list[int]:
        refused = self._memory.refused.get((read.function, read.address, read.count))
        if refused is not None:
            raise RefusedError(refused)
        try:
            places = range(read.address, read.address + read.count)
            return [self._memory.values[read.function, place] for place in places]
        except KeyError:
            raise RefusedError(ILLEGAL_ADDRESS) from None

    def _pdu(self, frame: bytes) -> bytes:
        if self._tcp:
            return frame[_MBAP:]
        if len(frame) < 4 or crc16(frame):
            raise ValueError(f"no Modbus frame: {frame.hex(' ')}")
        return frame[1:-2]
