"""The elements of an advertisement, and HCI's reports of one."""

import struct

import pytest

from drivers.api import CorruptAnswer
from drivers.ble.advertisement import Advertisement
from tests.fakes.elements import advertisement, hci_report


def test_elements_of_every_kind() -> None:
    full = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
    raw = bytes.fromhex(full.replace("-", ""))[::-1]
    parts = [
        b"\x08Ba", b"\x09Band", b"\x0a\xf4", b"\x03\x0d\x18\x0f\x18", b"\x07" + raw, b"\xff\x57\x01\x02\x03",
        b"\x16\x95\xfe\xaa", b"\x21" + raw + b"\xbb", b"\x20\x00\x00\x01\x00\xcc", b"\x05\x0f\x18\x00\x00",
    ]  # fmt: skip
    data = b"".join(bytes((len(part),)) + part for part in parts)
    heard = advertisement(data, address="AA:BB:CC:DD:EE:FF", at=7, rssi=-60, receiver="hci0")
    assert heard == Advertisement(
        "AA:BB:CC:DD:EE:FF", 7, -60, "Band", {0x0157: b"\x02\x03"},
        {"fe95": b"\xaa", full: b"\xbb", "00010000-0000-1000-8000-00805f9b34fb": b"\xcc"},
        ("180d", "180f", full), -12, "hci0",
    )  # fmt: skip


def test_an_element_that_is_cut_off_is_lost_alone() -> None:
    heard = advertisement(bytes.fromhex("020a05 09ff5701"), address="AA:BB:CC:DD:EE:FF")
    assert (heard.tx_power, heard.companies) == (5, {})


@pytest.mark.parametrize("packet", [b"", b"\x04\x3e", b"\x04\x3e\x0c\x02\x02", b"\x04\x3e\x0c\x02\x01" + bytes(8)])
def test_what_is_no_report_is_corrupt(packet: bytes) -> None:
    with pytest.raises(CorruptAnswer):
        hci_report(packet)


def test_a_report_without_strength_says_none() -> None:
    packet = b"\x04\x3e\x0d\x02\x01\x00\x00" + bytes(range(6)) + b"\x00" + struct.pack("b", 127)
    assert hci_report(packet).rssi is None
