"""Whose advertisement it is: fixed addresses, addresses made of a key, and what a device says of itself."""

from collections.abc import Mapping

import pytest

from config.address import Text
from config.bluetooth import Bluetooth
from config.hidden import Secret
from config.profile import Profile
from config.settings import DeviceSettings
from config.transport import Transport
from drivers.api import CorruptAnswer, Misconfigured
from drivers.ble.advertisement import Advertisement
from drivers.ble.identity import AddressKey, Identities, Reader
from wire.reading import Value

IRK = "ec0234a357c8ad05341010a60a397d9b"
"""The key and address of the specification's sample data (core specification, volume 3, part H, appendix D.7)."""

MADE = "70:81:94:0D:FB:AA"


def _device(name: str, identity: dict[str, str] | None = None, irk: str = "", **options: str | int) -> DeviceSettings:
    profile = Profile(
        id="x/y",
        kind="wearable_band",
        product=Text(zh="手环", en="band"),
        manual=(),
        driver="ble",
        transport=Transport(buses=("ble",)),
        silence="3h",
        bluetooth=Bluetooth(identity=identity or {}),
    )
    secrets = {"irk": Secret(irk)} if irk else {}
    return DeviceSettings(
        id=name, name=name, bus="ble", unit=0, profile=profile, options=dict(options), secrets=secrets
    )


def _nothing(_: Advertisement) -> Mapping[str, Value] | None:
    return None


def _of(*devices: DeviceSettings, read: Reader = _nothing) -> Identities:
    return Identities(devices, dict.fromkeys((device.id for device in devices), read))


def _heard(address: str, **more: object) -> Advertisement:
    return Advertisement(address, 0, **more)  # type: ignore[arg-type]


def test_a_fixed_address_however_it_is_written() -> None:
    found = _of(_device("a", mac="c8:0f:10:00:00:01"))
    assert found.device(_heard("C8:0F:10:00:00:01"), 0) == "a"
    assert found.device(_heard("C8:0F:10:00:00:02"), 0) is None


def _hash_of_the_sample() -> str:
    """Return the sample's address as its own key makes it, whichever byte order its text is in."""
    key = AddressKey(IRK)
    data = bytes.fromhex(MADE[:8].replace(":", ""))
    made = key._encrypt(bytes(13) + data)[13:]
    return MADE[:9] + made.hex(":").upper()


def test_an_address_made_of_a_key() -> None:
    assert _hash_of_the_sample() == MADE
    found = _of(_device("a", irk=IRK), _device("b", irk="00" * 16))
    assert found.device(_heard(MADE), 0) == "a"
    assert found.device(_heard("70:81:94:0D:FB:AB"), 0) is None
    assert found.device(_heard("F0:81:94:0D:FB:AA"), 0) is None


def test_who_says_who_he_is_and_is_known_for_as_long_as_an_address_lasts() -> None:
    calls = []

    def read(heard: Advertisement) -> Mapping[str, Value] | None:
        calls.append(heard.address)
        return {"major": 7, "minor": heard.companies[76][0]} if 76 in heard.companies else None

    of = {"major": "major", "minor": "minor"}
    found = _of(_device("a", of, major=7, minor=1), _device("b", of, major=7, minor=2), read=read)
    assert found.device(_heard("40:00:00:00:00:01", companies={76: b"\x02"}), 0) == "b"
    assert found.device(_heard("40:00:00:00:00:01"), 899) == "b"
    assert found.device(_heard("40:00:00:00:00:01"), 901) is None
    assert found.device(_heard("40:00:00:00:00:09", companies={76: b"\x09"}), 0) is None
    assert len(calls) == 3


def test_a_stranger_is_looked_at_now_and_then() -> None:
    seen = []

    def read(heard: Advertisement) -> Mapping[str, Value] | None:
        seen.append(heard.address)
        return {"id": "AB"} if heard.companies else None

    found = _of(_device("a", {"id": "tag"}, tag="ab"), read=read)
    for now in range(10):
        assert found.device(_heard("40:00:00:00:00:01"), now) is None
    assert len(seen) == 1
    assert found.device(_heard("40:00:00:00:00:01", companies={1: b"x"}), 10) == "a"


def test_what_makes_no_sense_is_nobody_s() -> None:
    def read(_: Advertisement) -> Mapping[str, Value] | None:
        raise CorruptAnswer("short")

    found = _of(_device("a", {"id": "tag"}, tag="ab"), read=read)
    assert found.device(_heard("40:00:00:00:00:01"), 0) is None


def test_ten_thousand_strangers_are_not_remembered() -> None:
    found = _of(_device("a", irk=IRK))
    for number in range(10_000):
        found.device(_heard(f"40:00:00:00:{number >> 8:02X}:{number & 255:02X}"), 0)
    assert len(found._found) <= 2048


@pytest.mark.parametrize(
    "devices",
    [
        (_device("a"),),
        (_device("a", mac="C8:0F:10:00:00"),),
        (_device("a", mac="C8:0F:10:00:00:01"), _device("b", mac="c8:0f:10:00:00:01")),
        (_device("a", irk="abc"),),
        (_device("a", {"id": "tag"}),),
        (_device("a", irk=IRK), _device("b", irk=IRK.upper())),
        (_device("a", {"id": "tag"}, tag="ab-cd"), _device("b", {"id": "tag"}, tag="ABCD")),
    ],
)
def test_a_device_known_by_nothing_or_like_another_cannot_be_served(devices: tuple[DeviceSettings, ...]) -> None:
    with pytest.raises(Misconfigured):
        _of(*devices)
