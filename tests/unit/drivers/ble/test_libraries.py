"""BTHome and MiBeacon through their libraries: names, keys, replays, and what is not believed."""

import sys
from typing import Any

import pytest
from bthome_ble.const import MEAS_TYPES

from config.bluetooth_formats import FORMATS, has_field
from drivers.api import CorruptAnswer, Misconfigured
from drivers.ble.advertisement import Advertisement
from drivers.ble.formats.beacon_library import Replays
from drivers.ble.formats.registry import stateful
from tests.unit.drivers.ble.payloads import LIBRARIES


def heard(service: str, data: bytes) -> Advertisement:
    """Return an advertisement with this service data."""
    return Advertisement("A4:C1:38:8D:18:B2", 0, services={service: data})


def test_the_names_of_bthome_are_all_that_its_library_knows() -> None:
    reader, names = stateful("bthome", None), set()
    assert reader is not None
    for kind, what in MEAS_TYPES.items():
        size = {"raw": b"\x01", "string": b"\x01", "command": b"\x00"}.get(what.data_format, b"")
        data = bytes((0x40, kind)) + size + b"\x01" * (1 if size else what.data_length)
        if what.meas_format is not None:
            names |= set(reader.decode(heard("fcd2", data)))
    assert names | {"switch"} == FORMATS["bthome"]


@pytest.mark.parametrize(("service", "data", "fields"), LIBRARIES)
def test_service_data_in_clear(service: str, data: str, fields: dict[str, Any]) -> None:
    format_ = "bthome" if service == "fcd2" else "mibeacon"
    reader = stateful(format_, None)
    assert reader is not None
    assert reader.decode(heard(service, bytes.fromhex(data))) == fields
    assert all(has_field(format_, name) for name in fields)


KEY = "231d39c1d7cc1ab1aee224cd096db932"
SEALED = bytes.fromhex("43a5808fe64854f196c06ffb4900112233f08ecbde")


@pytest.mark.parametrize(
    ("key", "data"),
    [
        (None, SEALED),
        ("00" * 16, SEALED),
        (KEY, SEALED[:-1]),
        (KEY, bytes.fromhex("4002ca0903bf13")),
        (None, b""),
        (None, b"\x40"),
        (None, bytes.fromhex("2002ca0903bf13")),
        (None, bytes.fromhex("40ff")),
    ],
)
def test_what_bthome_cannot_be_believed(key: str | None, data: bytes) -> None:
    reader = stateful("bthome", key)
    assert reader is not None
    with pytest.raises(CorruptAnswer):
        reader.decode(heard("fcd2", data))


def test_what_was_decrypted_is_not_believed_again_for_ten_minutes() -> None:
    reader = stateful("bthome", KEY)
    assert reader is not None
    assert reader.decode(heard("fcd2", SEALED)) == {"temperature_c": 25.06, "humidity_pct": 50.55}
    with pytest.raises(CorruptAnswer):
        reader.decode(heard("fcd2", SEALED)._replace(at=599_000_000))
    assert reader.decode(heard("fcd2", SEALED)._replace(at=601_000_000))


def test_a_counter_that_goes_back_is_a_replay_unless_it_begins_anew() -> None:
    replays = Replays(100)
    replays.refuse(b"a", 500, 0)
    replays.remember(b"a", 500, 0)
    replays.refuse(b"b", 500, 1)
    with pytest.raises(CorruptAnswer):
        replays.refuse(b"c", 499, 2)
    replays.refuse(b"d", 99, 3)


PRESSED = bytes.fromhex("5859685951116e205fb908d91bd58502000007cca849")


@pytest.mark.parametrize(
    ("key", "data"),
    [
        (None, PRESSED),
        ("00" * 16, PRESSED),
        ("59ba8eef0f5351bb09d6896762d5afa5", PRESSED[:-1]),
        (None, b""),
        (None, bytes.fromhex("5020ffff01")),
    ],
)
def test_what_mibeacon_cannot_be_believed(key: str | None, data: bytes) -> None:
    reader = stateful("mibeacon", key)
    assert reader is not None
    with pytest.raises(CorruptAnswer):
        reader.decode(heard("fe95", data)._replace(address="08:B9:5F:20:6E:11"))


def test_a_scale_s_data_of_another_length_is_corrupt() -> None:
    reader = stateful("mibeacon", None)
    assert reader is not None
    with pytest.raises(CorruptAnswer):
        reader.decode(heard("181d", b"\x22\x9e"))


@pytest.mark.parametrize("key", ["231d", "zz" * 16])
def test_a_wrong_key_is_the_technician_s(key: str) -> None:
    with pytest.raises(Misconfigured):
        stateful("bthome", key)


@pytest.mark.parametrize(("format_", "library"), [("bthome", "bthome_ble"), ("mibeacon", "xiaomi_ble")])
def test_a_missing_library_is_the_technician_s(format_: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, f"{library}.parser", None)
    with pytest.raises(Misconfigured, match=r"linli\[beacons\]"):
        stateful(format_, None)
