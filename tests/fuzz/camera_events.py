"""Cameras' events, damaged: only what can be stored comes out, or CorruptAnswer. `python -m tests.fuzz.camera_events`.

Every vector is damaged and read; streams of damaged parts are cut anywhere and must neither hold nor lose more than
they may: every whole part between two whole boundaries is heard.
"""

import argparse
import random
import sys
import time
from collections import Counter
from math import isfinite
from pathlib import Path

from drivers.api import CorruptAnswer
from drivers.onvif.events import Meaning, Parts, Quirks, meanings
from drivers.onvif.events.multipart import LARGEST_HEAD
from wire.reading import Value

VECTORS = Path(__file__).parents[1] / "vectors" / "camera_events"
NOW = 1_767_254_400_000_000
BITS = (
    b"<!DOCTYPE a>", b"&x;", b"</tt:Message>", b"<tt:Data>", b"\0", b"\xff", b'"', b"{", b"}", b"1e999", b"9" * 40,
    b"//", b'Value="true"', b"\xe6\xb5\x99", b"--edge\r\n", b"\r\n\r\n", b"null", b"[" * 50, b"Initialized", b"-1",
)  # fmt: skip
LARGEST = 20_000


def damaged(dice: random.Random, whole: bytes) -> bytes:
    """Return ``whole`` with other letters and digits here and there, or after one to three kinds of worse damage."""
    broken = bytearray(whole)
    if dice.random() < 0.5:
        for at in dice.choices(range(len(broken) or 1), k=dice.randint(1, 30)):
            if broken[at : at + 1].isalnum():
                broken[at] = dice.choice(b"0129aAxXzZ")
        return bytes(broken)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(broken)) if broken else 0
        end = min(len(broken), at + dice.randint(1, 40))
        match dice.randrange(7):
            case 0 if broken:
                broken[at] = dice.randrange(256)
            case 1:
                del broken[at:]
            case 2:
                del broken[at:end]
            case 3:
                broken[at:at] = dice.choice(BITS)
            case 4:
                broken[at:end] = dice.choice(BITS)
            case 5:
                broken[at:at] = broken[dice.randrange(at + 1) : end]
            case _:
                broken[at:at] = dice.randbytes(dice.randint(1, 8))
    return bytes(broken[:LARGEST])


def can_be_stored(value: Value) -> bool:
    """Tell whether a value is what an event may hold."""
    return isfinite(value) if isinstance(value, int | float) else value is None or len(value) <= 200


def check(one: Meaning, outcomes: Counter[str]) -> None:
    """Count one meaning; ``AssertionError`` where it could not be stored."""
    assert all(map(can_be_stored, one.values.values()))
    assert len(one.source) <= 200
    assert len(one.picture) <= 500
    if one.occurrence is None:
        outcomes["state"] += 1
        return
    fields = one.occurrence.fields
    assert all(map(can_be_stored, fields.values()))
    assert 0 <= fields.get("confidence", 0) <= 1  # type: ignore[operator]
    assert one.occurrence.name != "plate_read" or 2 <= len(str(fields["plate"])) <= 12
    assert len(one.occurrence.number) <= 500
    outcomes[one.occurrence.name] += 1


def read(body: bytes, quirks: Quirks, outcomes: Counter[str]) -> None:
    """Read one body; what else is raised than ``CorruptAnswer`` ends it."""
    try:
        found = meanings(body, NOW, quirks)
    except CorruptAnswer:
        outcomes["CorruptAnswer"] += 1
        return
    outcomes["nothing of ours"] += not found
    for one in found:
        check(one, outcomes)


def streamed(dice: random.Random, bodies: list[bytes], outcomes: Counter[str]) -> None:
    """Cut a stream of damaged and whole parts anywhere, sometimes settling; whole parts must all be heard."""
    parts, heard, largest = Parts("edge", LARGEST), list[bytes](), 0
    whole = [b'{"mark": %d}' % number for number in range(4)]
    said = b"".join(
        b"--edge\r\nA: b\r\n\r\n%s\r\n" % one
        for mark in whole
        for one in (damaged(dice, dice.choice(bodies)).replace(b"--edge", b"--Edge"), mark)
    )
    said += b"--edge--\r\n"
    while said:
        step = dice.randint(1, 3000)
        heard += [part.body for part in parts.feed(said[:step])]
        largest = max(largest, len(parts._held))
        said = said[step:]
        if dice.random() < 0.3:
            heard += [part.body for part in parts.settle()]
    heard += [part.body for part in parts.close()]
    assert [one for one in heard if one in whole] == whole
    assert largest <= LARGEST + LARGEST_HEAD + 3000
    outcomes["streams"] += 1
    for body in heard:
        read(body, Quirks(), outcomes)


def play(payloads: int, seed: int) -> Counter[str]:
    """Damage so many payloads and read them."""
    dice, outcomes = random.Random(seed), Counter[str]()
    bodies = [path.read_bytes() for path in sorted(VECTORS.iterdir()) if path.suffix != ".multipart"]
    parts = Parts("myboundary")
    bodies += [part.body for part in parts.feed((VECTORS / "dahua_eventmanager_attach.multipart").read_bytes())]
    quirks = [Quirks(), Quirks(initial_happens=True, local_time=True, facing="in"), Quirks(facing="out")]
    for number in range(payloads):
        if number % 50 == 0:
            streamed(dice, bodies, outcomes)
        else:
            read(damaged(dice, dice.choice(bodies)), dice.choice(quirks), outcomes)
    return outcomes


def main() -> None:
    """Run as told by the command line and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    sys.stdout.write(f"seed {seed}\n")
    began = time.monotonic()
    for outcome, count in sorted(play(given.payloads, seed).items()):
        sys.stdout.write(f"{count:>10}  {outcome}\n")
    sys.stdout.write(f"{given.payloads} payloads, {time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    main()
