"""Answers of pretend Modbus devices, damaged: no crash, no hang, no value nobody sent. `python -m tests.fuzz.modbus`.

What the driver takes for an answer must stand on the wire as a whole frame, by the simulators' own checksum: a witness
that shares no code with it. That such a frame is not the one that the device meant is counted: it is what sixteen bits
of checksum let through, or on TCP, which has none, whatever was changed within a frame.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from config.bus_settings import ModbusRtuTcpBus, ModbusTcpBus
from drivers.api import CorruptAnswer, DeviceRefused, DriverError
from drivers.api import Timeout as DeviceTimeout
from drivers.api.tape import Tape
from drivers.modbus.exchange import Exchange
from drivers.modbus.meaning import meaning
from drivers.modbus.pdu import READS, Request, read, write_coil, write_register, write_registers
from drivers.modbus.plan import Plan, make_plan
from runtime.clock import SystemClock
from simulators.devices.registers import RegisterBank
from simulators.modbus.frames import Frame, crc16, rtu_bytes, tcp_bytes
from simulators.modbus.unit import answer
from tests.unit.drivers.shipped import made

UNIT = 17
_TCP = ModbusTcpBus(id="fuzz", type="modbus-tcp", host="127.0.0.1")
_RTU = ModbusRtuTcpBus(id="fuzz", type="modbus-rtu-tcp", host="127.0.0.1", port=1)
_NAMED = (DeviceTimeout, CorruptAnswer, DeviceRefused)

_PROFILE = made(
    points=[
        {"key": "a", "table": "holding_register", "address": 1, "scale": 0.1, "plausible": [0, 100]},
        {"key": "b", "table": "holding_register", "address": 2, "encoding": "u32"},
        {"key": "c", "table": "holding_register", "address": 4, "encoding": "f32"},
    ]
)


@dataclass(slots=True)
class Tally:
    """What came of the frames so far. ``blind`` are answers that the device did not mean, by the way they came."""

    outcomes: Counter[str] = field(default_factory=Counter)
    blind: Counter[str] = field(default_factory=Counter)


class Wire(asyncio.Transport):
    """Takes what is sent and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent = bytes(data)

    def close(self) -> None:
        return

    def abort(self) -> None:
        return


def damaged(dice: random.Random, whole: bytes, stranger: bytes) -> bytes:
    """Return ``whole`` after one kind of damage, perhaps with noise or a stranger's frame before it and after it."""
    broken, at = bytearray(whole), dice.randrange(len(whole))
    match dice.randrange(10):
        case 0:
            broken[at] ^= 1 << dice.randrange(8)
        case 1:
            broken[at] = dice.randrange(256)
        case 2:
            del broken[at:]
        case 3:
            del broken[: at + 1]
        case 4:
            del broken[at : at + dice.randint(1, 4)]
        case 5:
            broken[at:at] = dice.randbytes(dice.randint(1, 4))
        case 6:
            broken[at:at] = broken[: dice.randrange(len(broken))]
        case 7:
            broken = bytearray(dice.randbytes(dice.randrange(300)))
        case 8:
            for _ in range(dice.randint(2, 6)):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
    if dice.random() < 0.3:
        broken[0:0] = dice.choice(
            (stranger, dice.randbytes(dice.randrange(1, 20)), whole[: dice.randrange(len(whole))])
        )
    if dice.random() < 0.1:
        broken += dice.choice((stranger, dice.randbytes(8), whole))
    return bytes(broken)


def pieces(dice: random.Random, heard: bytes) -> list[bytes]:
    """Return ``heard`` as it may arrive: in one piece or in several."""
    cuts = sorted({0, len(heard), *(dice.randrange(len(heard) + 1) for _ in range(dice.randrange(4)))})
    return [heard[start:end] for start, end in pairwise(cuts)]


def stands_there(heard: bytes, pdu: bytes, transaction: int | None) -> bool:
    """Tell whether ``heard`` holds a whole frame of the unit with this ``pdu``: the witness."""
    if transaction is not None:
        return tcp_bytes(Frame(UNIT, pdu, transaction)) in heard
    at = heard.find(bytes((UNIT,)) + pdu)
    while at >= 0:
        if len(heard) >= at + len(pdu) + 3 and crc16(heard[at : at + len(pdu) + 3]) == 0:
            return True
        at = heard.find(bytes((UNIT,)) + pdu, at + 1)
    return False


async def asked(exchange: Exchange, wire: Wire, request: Request, heard: list[bytes]) -> bytes:
    """Return what ``exchange`` takes for the answer; nothing waits for time to pass."""
    task = asyncio.ensure_future(exchange.ask(request, 3600.0))
    await asyncio.sleep(0)
    for piece in heard:
        exchange.data_received(piece)
    if not exchange._answered.done() and exchange._bell is not None:
        exchange._bell.cancel()
        exchange._expires_at = 0.0
        exchange._ring()
    for _ in range(5):
        await asyncio.sleep(0)
    assert task.done(), "it hangs"
    return task.result()


def requests() -> list[Request]:
    """Return one request of each kind."""
    reads = [read(UNIT, 3, 1, 5), read(UNIT, 3, 0, 1), read(UNIT, 3, 0, 120), read(UNIT, 1, 3, 19)]
    writes = [write_coil(UNIT, 3, True), write_register(UNIT, 3, 77), write_registers(UNIT, 3, (1, 2, 3))]
    return [*reads, *writes]


class Bits(RegisterBank):
    """Registers, and coils that are what their address's lowest bit is."""

    def read_bits(self, read: object) -> list[bool]:
        return [number % 2 == 1 for number in range(read.count)]  # type: ignore[attr-defined]

    def write_coil(self, address: int, value: int) -> None:
        """Take anything."""


async def play(frames: int, seed: int, tally: Tally) -> None:
    """Damage so many answers; ``AssertionError`` names the first that should not have been taken."""
    dice, clock = random.Random(seed), SystemClock()
    tape, unit, plan = Tape(clock, 4096), Bits(UNIT, count=200, moving=False), make_plan(_PROFILE, {})
    for number in range(frames):
        bus = dice.choice((_TCP, _RTU))
        exchange, wire, request = Exchange(bus, tape), Wire(), dice.choice(requests())
        exchange.transport = wire
        meant, _ = answer(unit, bytes((request.function_code,)) + request.body)
        if dice.random() < 0.1:
            meant = bytes((request.function_code | 0x80, dice.randrange(1, 12)))
        transaction = 1 if bus is _TCP else None
        encode = tcp_bytes if bus is _TCP else rtu_bytes
        stranger = encode(Frame(UNIT + 1, bytes((3, 2)) + dice.randbytes(2), dice.randrange(3)))
        heard = damaged(dice, encode(Frame(UNIT, meant, 1)), stranger)
        where = f"frame {number}, seed {seed}: {heard.hex(' ')}"
        try:
            data = await asked(exchange, wire, request, pieces(dice, heard))
        except _NAMED as error:
            tally.outcomes[type(error).__name__] += 1
        except DriverError as error:
            raise AssertionError(f"{error!r} for {where}") from error
        else:
            head = bytes((request.function_code, request.size)) if request.function_code in READS else meant[:1]
            assert stands_there(heard, head + data, transaction), f"not on the wire: {where}"
            tally.outcomes["answer"] += 1
            tally.blind[bus.type] += head + data != meant
        judge(plan, heard, where)
        exchange.hang_up()
    tape.frames(0, "zh", partial(meaning, tcp=True))
    tape.frames(0, "en", partial(meaning, tcp=False))


def judge(plan: Plan, heard: bytes, where: str) -> None:
    """Have the decoder read ``heard`` as if it were an answer: of another length it is all bad."""
    values, quality = plan.decode([heard], {})
    assert len(values) == len(plan.points), where
    assert len(heard) == plan.runs[0].size or all(quality), where


def main() -> None:
    """Run as told by the command line and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    tally, began = Tally(), time.monotonic()
    asyncio.run(play(given.frames, seed, tally))
    for outcome, count in sorted(tally.outcomes.items()):
        sys.stdout.write(f"{count:>10}  {outcome}\n")
    took_s = time.monotonic() - began
    sys.stdout.write(f"{given.frames} frames, seed {seed}, {took_s:.0f} s; nobody meant {dict(tally.blind)}\n")


if __name__ == "__main__":
    main()
