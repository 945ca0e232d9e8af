"""Payloads of pretend Bluetooth devices, damaged: only values come out, or CorruptAnswer. `python -m tests.fuzz.ble`.

Every shipped Bluetooth profile is asked of every damaged payload, as the driver would ask it; what comes out must be
what can be stored: short text, numbers that are finite, events with the names of the profile's class.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from math import isfinite

from config.catalog import load_profile, profile_ids
from config.hidden import Secret
from config.settings import DeviceSettings
from drivers.api import CorruptAnswer
from drivers.ble.advertisement import Advertisement
from drivers.ble.decode import DeviceDecoder
from drivers.ble.decoded import Meaning
from drivers.ble.formats.registry import decode, stateful
from tests.fakes.elements import advertisement, hci_report
from tests.unit.drivers.ble.payloads import CHARACTERISTICS, LIBRARIES
from wire.reading import Value

MAC = "A4:C1:38:8D:18:B2"
KEY = "231d39c1d7cc1ab1aee224cd096db932"
SEALED = "43a5808fe64854f196c06ffb4900112233f08ecbde"
REPORT = bytes.fromhex("043e2b0201030033b3c1937a181f020106060949465f423714ff0001020311187a93c1b333021a4500b4a1ab61c5")


def damaged(dice: random.Random, whole: bytes) -> bytes:
    """Return ``whole`` after one kind of damage."""
    broken = bytearray(whole)
    at = dice.randrange(len(whole)) if whole else 0
    match dice.randrange(8):
        case 0 if broken:
            broken[at] ^= 1 << dice.randrange(8)
        case 1 if broken:
            broken[at] = dice.randrange(256)
        case 2:
            del broken[at:]
        case 3:
            del broken[: at + 1]
        case 4:
            broken[at:at] = dice.randbytes(dice.randint(1, 4))
        case 5:
            broken += dice.randbytes(dice.randint(1, 8))
        case 6:
            broken = bytearray(dice.randbytes(dice.randrange(40)))
        case _:
            for _ in range(dice.randint(2, 6) if broken else 0):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
    return bytes(broken)


def decoders() -> list[DeviceDecoder]:
    """Return a decoder for each shipped Bluetooth profile, with a key where it may have one."""
    profiles = [load_profile(name) for name in profile_ids()]
    return [
        DeviceDecoder(
            DeviceSettings(
                id="d", name="d", bus="air", unit=1, profile=profile,
                secrets={"bindkey": Secret(KEY)} if keyed and "bindkey" in profile.options else {},
            )
        )
        for profile in profiles
        if profile.bluetooth is not None
        for keyed in ((False, True) if "bindkey" in profile.options else (False,))
    ]  # fmt: skip


def can_be_stored(values: Iterable[Value]) -> bool:
    """Tell whether all of them are what a reading may hold."""
    return all(
        isfinite(value) if isinstance(value, int | float) else value is None or len(value) <= 200 for value in values
    )


def check(meant: Meaning | None, outcomes: Counter[str]) -> None:
    """Count one meaning; ``AssertionError`` where it could not be stored."""
    if meant is None:
        outcomes["not ours"] += 1
        return
    assert can_be_stored(value for value, _ in meant.values.values())
    assert all(can_be_stored(one.fields.values()) and len(one.number) <= 200 for one in meant.occurrences)
    outcomes["values" if meant.values else "nothing new"] += 1
    outcomes["events"] += len(meant.occurrences)


def play(payloads: int, seed: int) -> Counter[str]:
    """Damage so many payloads and have them decoded; what else is raised than ``CorruptAnswer`` ends it."""
    dice, outcomes, listeners = random.Random(seed), Counter[str](), decoders()
    bytes_alone = [(name, bytes.fromhex(data)) for name, many in CHARACTERISTICS.items() for data in many]
    services = [*((service, bytes.fromhex(data)) for service, data, _ in LIBRARIES), ("fcd2", bytes.fromhex(SEALED))]
    readers = {
        "fcd2": [stateful("bthome", None), stateful("bthome", KEY)],
        "fe95": [stateful("mibeacon", None), stateful("mibeacon", KEY)],
        "181d": [stateful("mibeacon", None)],
    }

    def of_bytes() -> None:
        name, data = dice.choice(bytes_alone)
        assert can_be_stored(decode(name, damaged(dice, data), {}).values())
        outcomes["fields"] += 1

    def of_a_library() -> None:
        service, data = dice.choice(services)
        heard = Advertisement(MAC, dice.randrange(10**15), services={service: damaged(dice, data)})
        for reader in readers[service]:
            assert reader is not None
            assert can_be_stored(reader.decode(heard).values())
        outcomes["fields"] += 1

    def of_the_air() -> None:
        report = damaged(dice, REPORT) if dice.random() < 0.5 else REPORT
        heard = hci_report(report)
        assert can_be_stored(int(company) for company in heard.companies)

    def of_a_device() -> None:
        check(dice.choice(listeners).advertisement(_heard(dice, services)), outcomes)

    kinds: list[Callable[[], None]] = [of_bytes, of_bytes, of_a_device, of_a_device, of_a_library, of_the_air]
    for _ in range(payloads):
        try:
            dice.choice(kinds)()
        except CorruptAnswer:
            outcomes["CorruptAnswer"] += 1
    outcomes["garbled"] = sum(listener.garbled for listener in listeners)
    return outcomes


COMPANIES = ((0x0157, "miband"), (0x004C, "ibeacon"), (0x0118, "altbeacon"))
SERVICES = (("feaa", "eddystone_tlm"), ("feaa", "eddystone_uid"), ("180f", "battery_level"))
OTHERS = (("5242", "4164c6b545f6f18e0606060100"), ("8800", "c0"), ("181b", "0226b20705040f0201ac018642"))


def _heard(dice: random.Random, services: list[tuple[str, bytes]]) -> Advertisement:
    """Return what a device of any kind might be heard to say, most of it damaged."""
    pendant = (0xFFFF, bytes((0x4C, 0x4C, dice.randrange(4))) + dice.randbytes(6))
    companies = [*((company, bytes.fromhex(CHARACTERISTICS[name][0])) for company, name in COMPANIES), pendant]
    said = [*((service, bytes.fromhex(CHARACTERISTICS[name][0])) for service, name in SERVICES), *services]
    said += [(service, bytes.fromhex(data)) for service, data in OTHERS]
    company, of_company = dice.choice(companies)
    service, of_service = dice.choice(said)
    if dice.random() < 0.2:
        raw = bytes((len(of_company) + 3, 0xFF)) + company.to_bytes(2, "little") + of_company
        return advertisement(damaged(dice, raw), address=MAC, at=dice.randrange(10**15), receiver=dice.choice("ab"))
    whole = dice.random() < 0.2
    return Advertisement(
        MAC,
        dice.randrange(10**15),
        name=dice.choice(("BlueUp-10-1", "", "x" * 300)),
        companies={company: of_company if whole else damaged(dice, of_company)},
        services={service: of_service if whole else damaged(dice, of_service)},
        uuids=("180d",),
        receiver=dice.choice("ab"),
    )


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
