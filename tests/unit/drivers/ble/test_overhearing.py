"""Who is on the air: how strong, how often, whose, and which product by what it says."""

import asyncio
from contextlib import aclosing

import pytest

from drivers.api import LineLost, Overheard
from drivers.ble.addresses import address_kind
from drivers.ble.advertisement import Advertisement
from drivers.ble.overhearing import overhear
from runtime.testing import FakeClock
from tests.fakes.air import FakeReceiver
from tests.unit.drivers.ble.products import BAND_AT, CUFF_AT, PENDANT_AT, PRODUCTS, pendant

PHONE = Advertisement("5C:01:02:03:04:05", 1, -40, companies={0x004C: b"\x10\x05\x01"}, address_type="random")


async def _hear(*said: Advertisement, known: str = "") -> dict[str, Overheard]:
    """Return the last word on each address after ten seconds in which ``said`` was said; ``known`` is the file's."""
    clock, receivers = FakeClock(), [FakeReceiver("hci0"), FakeReceiver("hci1")]
    receivers[1].off = True
    found: dict[str, Overheard] = {}

    async def listen() -> None:
        telling = overhear(receivers, clock, lambda one: "mine" if one.address == known else "", PRODUCTS, 10.0)
        async with aclosing(telling) as heard:
            async for one in heard:
                found.pop(one.address, None)
                found[one.address] = one

    task = asyncio.create_task(listen())
    await clock.advance(1)
    for one in said:
        receivers[0].say(one)
    await clock.advance(9)
    await task
    return found


async def test_the_strongest_comes_first_with_its_rhythm_and_whose_it_is() -> None:
    heard = await _hear(
        PHONE,
        *(pendant(3, at=second * 1_000_000, rssi=-70 - second) for second in range(5)),
        known=PENDANT_AT,
    )
    assert list(heard) == [PHONE.address, PENDANT_AT]
    one = heard[PENDANT_AT]
    assert (one.device, one.rssi, one.times, one.every_s, one.kind) == ("mine", -72, 5, 1.0, "static")
    assert [element.where for element in one.elements] == ["company 0a5e"]
    assert (heard[PHONE.address].guesses, heard[PHONE.address].kind) == ((), "resolvable")


async def test_a_product_is_recognised_by_its_own_layout() -> None:
    (guess,) = (await _hear(pendant(3)))[PENDANT_AT].guesses
    assert (guess.profile, guess.confidence) == ("sos/pendant", "high")
    assert (guess.values, guess.events) == ({"battery_pct": 80}, ("pressed",))
    assert (guess.options, guess.keys) == ({"mac": PENDANT_AT}, ())


async def test_two_receivers_hear_one_sender_once() -> None:
    said = [
        pendant(3, at=second * 1_000_000 + late, rssi=rssi, receiver=receiver)
        for second in range(5)
        for late, rssi, receiver in ((0, -60, "hci0"), (3_000, -90, "hci1"))
    ]
    one = (await _hear(*said))[PENDANT_AT]
    assert (one.rssi, one.times, one.every_s) == (-60, 5, 1.0)


async def test_values_that_cannot_be_speak_against_a_product() -> None:
    (guess,) = (await _hear(pendant(3, battery=200)))[PENDANT_AT].guesses
    assert guess.confidence == "low"


async def test_garbage_speaks_for_nothing() -> None:
    garbage = Advertisement(BAND_AT, 1, -60, companies={0x0157: b"\x02"}, address_type="random")
    assert (await _hear(garbage))[BAND_AT].guesses == ()


async def test_a_service_alone_may_be_somebody_elses() -> None:
    cuff = Advertisement(CUFF_AT, 1, -60, uuids=("1810",), address_type="public")
    (guess,) = (await _hear(cuff))[CUFF_AT].guesses
    assert (guess.profile, guess.confidence, guess.options) == ("station/cuff", "medium", {"mac": CUFF_AT})


async def test_a_beacon_is_known_by_what_it_says_whatever_its_address() -> None:
    data = bytes.fromhex("0215" + "11223344556677889900aabbccddeeff" + "0001" + "0002" + "c5")
    beacon = Advertisement("0A:00:00:00:00:01", 1, -60, companies={0x004C: data}, address_type="random")
    (guess,) = (await _hear(beacon))[beacon.address].guesses
    assert guess.options == {"uuid": "11223344-5566-7788-9900-aabbccddeeff", "major": 1, "minor": 2}


async def test_what_is_encrypted_is_recognised_and_asks_for_its_key() -> None:
    data = bytes.fromhex("41a47266c95f730011223378237214")
    button = Advertisement("54:48:E6:8F:80:A5", 1, -60, services={"fcd2": data}, address_type="public")
    (guess,) = (await _hear(button))[button.address].guesses
    assert (guess.profile, guess.confidence, guess.keys) == ("sos/bthome", "medium", ("bindkey",))


async def test_a_changing_address_is_nothing_to_be_known_by() -> None:
    watch = Advertisement("6B:00:00:00:00:01", 1, -60, name="Watch-7 9F", uuids=("180d",), address_type="random")
    (guess,) = (await _hear(watch))[watch.address].guesses
    assert (guess.options, guess.keys) == ({}, ("irk",))


async def test_no_radio_is_an_error() -> None:
    receiver = FakeReceiver()
    receiver.off = True
    with pytest.raises(LineLost):
        await anext(overhear([receiver], FakeClock(), lambda _: "", (), 1.0))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("C0:00:00:00:00:00", "static"), ("FF:00:00:00:00:00", "static"), ("40:00:00:00:00:00", "resolvable"),
        ("7F:00:00:00:00:00", "resolvable"), ("3F:00:00:00:00:00", "non_resolvable"), ("80:00:00:00:00:00", "unknown"),
    ],
)  # fmt: skip
def test_the_two_top_bits_tell_a_random_address(address: str, kind: str) -> None:
    assert address_kind(address, "random") == kind
    assert (address_kind(address, "public"), address_kind(address, "")) == ("public", "unknown")
