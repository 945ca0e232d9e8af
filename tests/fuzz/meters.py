"""Answers of pretend meters, damaged: no crash, and no value that was not sent. `python -m tests.fuzz.meters`.

What the driver makes of the bytes is held against a witness that shares no code with it. Damage that a sum over all
bytes must see (one byte changed, an answer torn or shortened) may never yield another value. After any other damage,
what is accepted must at least stand on the wire as a whole frame of that meter and that identifier; how often it is
another value than the meter's is counted: that is what a sum of eight bits lets through.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from drivers.api import DriverError
from drivers.cjt188.frames import UNITS
from drivers.cjt188.meter import Cjt188Meter
from drivers.dlt645.meter import Dlt645Meter
from drivers.meters.plan import Plan, make_plan
from runtime.testing import FakeClock
from simulators.cjt188.meter import FlowMeter, HeatMeter
from simulators.dlt645.meter import EnergyMeter
from tests.fakes.line import Line
from tests.unit.drivers.heat import HEAT
from tests.unit.drivers.shipped import device, shipped

SEEN_BY_A_SUM = ("changed", "torn", "lost")


@dataclass(slots=True)
class Subject:
    """One pretend meter, the driver's idea of it, and where its answers have what."""

    speaker: EnergyMeter | FlowMeter
    meter: Callable[[], Dlt645Meter | Cjt188Meter]
    plans: list[Plan]
    length_at: int
    address: bytes
    offset: int


@dataclass(slots=True)
class Tally:
    """What came of the frames so far. ``blind`` are other values that a sum could not see."""

    outcomes: Counter[str] = field(default_factory=Counter)
    blind: int = 0


def subjects() -> list[Subject]:
    """Return meters of both protocols with everything that the shipped profiles ask of them."""
    clock = FakeClock()
    power = EnergyMeter("000012345678", clock, start_kwh=98765.43, watts=-1234.5)
    water = FlowMeter("00002020120218", clock, start_m3=556677.12)
    heat = HeatMeter("00740012064713", clock, kwh=9876.54, start_m3=12.34)
    electric = [
        (shipped("meter/dlt645-2007"), {"address": power.address}),
        (shipped("meter/dlt645-2007-3p"), {"address": power.address, "ct": 1}),
    ]
    found = []
    for profile, options in electric:
        one = device(profile, options)  # type: ignore[arg-type]
        plans = [make_plan(profile, one.options, {}, tuple(p.key for p in item.points)) for item in profile.items]
        wire = bytes.fromhex(power.address)[::-1]
        found.append(Subject(power, lambda one=one: Dlt645Meter(one), plans, 9, wire, 0x33))  # type: ignore[misc]
    for speaker, profile, medium in ((water, shipped("water/cjt188-valve"), "cold_water"), (heat, HEAT, "heat")):
        one = device(profile, {"address": speaker.address, "medium": medium, "di_order": "901F"})
        wire = bytes.fromhex(speaker.address)[::-1]
        plans = [make_plan(profile, {}, UNITS)]
        found.append(Subject(speaker, lambda one=one: Cjt188Meter(one), plans, 10, wire, 0))  # type: ignore[misc]
    return found


def run(task: Coroutine[Any, Any, bytes]) -> bytes:
    """Return what a coroutine that never waits returns."""
    try:
        task.send(None)
    except StopIteration as done:
        return bytes(done.value)
    raise AssertionError("it waited for something")


def damaged(dice: random.Random, whole: bytes, neighbour: bytes) -> tuple[str, bytes]:
    """Return a kind of damage and what ``whole`` looks like after it."""
    kind = dice.choice(
        ("none", "changed", "torn", "lost", "several", "swapped", "cut out", "put in", "doubled", "noise")
    )
    at = dice.randrange(len(whole))
    broken = bytearray(whole)
    match kind:
        case "changed":
            broken[at] = dice.randrange(256)
        case "torn":
            del broken[at:]
        case "lost":
            del broken[: at + 1]
        case "several":
            for _ in range(dice.randint(2, 6)):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
        case "swapped":
            other = dice.randrange(len(broken))
            broken[at], broken[other] = broken[other], broken[at]
        case "cut out":
            del broken[at : at + dice.randint(1, 4)]
        case "put in":
            broken[at:at] = dice.randbytes(dice.randint(1, 4))
        case "doubled":
            broken[at:at] = broken[: dice.randrange(len(broken))]
        case "noise":
            broken = bytearray(dice.randbytes(dice.randrange(40)))
    if kind not in SEEN_BY_A_SUM and dice.random() < 0.3:
        broken[0:0] = dice.choice((neighbour, dice.randbytes(8), b"\xfe" * 4, b"\x68" * 3))
    return kind, bytes(broken)


def stands_there(subject: Subject, heard: bytes, item: bytes, data: bytes) -> bool:
    """Tell whether ``heard`` holds a whole frame of this meter with ``item`` and ``data``: the witness."""
    body = bytes((byte + subject.offset) % 256 for byte in item + data)
    at = heard.find(body)
    while at >= 0:
        start, end = at - subject.length_at - 1, at + len(body)
        frame = heard[start : end + 2] if start >= 0 else b""
        if (
            len(frame) == subject.length_at + 1 + len(body) + 2
            and frame[0] == 0x68
            and subject.address in frame[1 : subject.length_at - 1]
            and frame[subject.length_at] == len(body)
            and frame[-1] == 0x16
            and sum(frame[:-2]) % 256 == frame[-2]
        ):
            return True
        at = heard.find(body, at + 1)
    return False


def play(frames: int, seed: int, tally: Tally) -> None:
    """Damage so many answers; ``AssertionError`` names the first that should not have been taken."""
    dice = random.Random(seed)
    everybody = subjects()
    for number in range(frames):
        subject = dice.choice(everybody)
        plan = dice.choice(subject.plans)
        question = asked(subject, plan)
        answer = subject.speaker.answer(question) or b""
        neighbour = subject.speaker.refuse(question, dice.randrange(128))
        kind, heard = damaged(dice, answer, neighbour)
        try:
            data = run(subject.meter().read(Line(heard), plan.parts[0].item, plan.parts[0].size))
        except DriverError as error:
            tally.outcomes[f"{kind}: {type(error).__name__}"] += 1
        else:
            where = f"frame {number}, seed {seed}, {kind}: {heard.hex(' ')}"
            same = judge(subject, plan, question, answer, data, heard, where)
            assert same or len(data) != plan.parts[0].size or kind not in SEEN_BY_A_SUM, f"another value: {where}"
            tally.outcomes[f"{kind}: {'the value' if same else 'another answer'}"] += 1
            tally.blind += not same and not all(plan.decode([data])[1] or (0,))


def asked(subject: Subject, plan: Plan) -> bytes:
    """Return the question that the driver sends for ``plan``."""
    line = Line()
    with suppress(DriverError):
        run(subject.meter().read(line, plan.parts[0].item, plan.parts[0].size))
    return line.asked[0]


def judge(subject: Subject, plan: Plan, question: bytes, answer: bytes, data: bytes, heard: bytes, where: str) -> bool:
    """Tell whether ``data``, which was accepted, is what ``answer`` says; it must be on the wire, and not misread."""
    head = subject.length_at + 1
    item = bytes((byte - subject.offset) % 256 for byte in question[head:-2])
    truth = bytes((byte - subject.offset) % 256 for byte in answer[head + len(item) : -2])
    assert stands_there(subject, heard, item, data), f"not on the wire: {where}"
    values, quality = plan.decode([data])
    assert len(values) == len(plan.points), where
    assert len(data) == plan.parts[0].size or all(quality), f"read at the wrong places: {where}"
    return data == truth


def main() -> None:
    """Run as told by the command line and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    tally, began = Tally(), time.monotonic()
    play(given.frames, seed, tally)
    for outcome, count in sorted(tally.outcomes.items()):
        sys.stdout.write(f"{count:>10}  {outcome}\n")
    took_s = time.monotonic() - began
    sys.stdout.write(f"{given.frames} frames, seed {seed}, {took_s:.0f} s; the sum was blind {tally.blind} times\n")


if __name__ == "__main__":
    main()
