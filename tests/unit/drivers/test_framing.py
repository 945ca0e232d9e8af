"""The one answer that was asked for is found among noise, strangers' frames and what came too late."""

import pytest

from drivers.modbus.framing import Mbap, Rtu
from drivers.modbus.pdu import Request, read, write_coil, write_registers

ASKED = read(11, 3, 5, 2)
ANSWER = bytes.fromhex("0B 03 04 00 43 00 E7 E1 AD")
PDU = bytes.fromhex("03 04 00 43 00 E7")


def rtu(unit: int, pdu: str) -> bytes:
    """Return an RTU frame around ``pdu``."""
    request = Request(unit, bytes.fromhex(pdu)[0], bytes.fromhex(pdu)[1:])
    return Rtu().frame(request, 0)


@pytest.mark.parametrize(
    "noise",
    [
        "",
        "00",
        "FF FE 00",
        "0B",
        "0B 03",
        "0B 03 FA 01 02",
        "0B 03 04 00 43 00 E7 E1 AE",
        "0C 03 04 00 43 00 E7 9F 6D",
        "0B 83",
        "03 0B 03 0B 03 0B",
    ],
)
def test_noise_before_an_answer_is_passed_over(noise: str) -> None:
    assert Rtu().find(bytes.fromhex(noise) + ANSWER, ASKED) == PDU
    assert Rtu().find(bytes.fromhex(noise) + ANSWER + b"\x0b\x03\x00", ASKED) == PDU


def test_every_cut_of_an_answer_is_no_answer_yet() -> None:
    for end in range(len(ANSWER)):
        assert Rtu().find(ANSWER[:end], ASKED) == b""


@pytest.mark.parametrize(
    ("answer", "pdu"),
    [
        (rtu(11, "83 02"), "83 02"),
        (rtu(11, "03 02 0001"), "03 02 0001"),
        (rtu(12, "03 04 0001 0002"), ""),
        (rtu(11, "04 04 0001 0002"), ""),
        (rtu(11, "84 02"), ""),
    ],
)
def test_only_the_unit_and_the_function_that_were_asked_answer(answer: bytes, pdu: str) -> None:
    assert Rtu().find(answer, ASKED) == bytes.fromhex(pdu)


def test_an_echo_answers_a_write() -> None:
    assert Rtu().find(rtu(1, "05 0001 FF00"), write_coil(1, 1, True)) == bytes.fromhex("05 0001 FF00")
    assert Rtu().find(rtu(1, "10 0003 0002"), write_registers(1, 3, (4, 5))) == bytes.fromhex("10 0003 0002")


def test_a_request_is_framed_once_and_sent_again() -> None:
    framing = Rtu()
    assert framing.frame(ASKED, 1) is framing.frame(ASKED, 2)
    assert framing.frame(ASKED, 1) == bytes.fromhex("0B 03 00 05 00 02 D4 A0")


def test_over_tcp_each_request_has_a_number_of_its_own() -> None:
    request = read(1, 3, 0, 1)
    assert Mbap().frame(request, 7) == bytes.fromhex("0007 0000 0006 01 03 0000 0001")
    assert Mbap().frame(request, 0xFFFF) == bytes.fromhex("FFFF 0000 0006 01 03 0000 0001")


@pytest.mark.parametrize(
    ("data", "pdu"),
    [
        ("0007 0000 0005 01 03 02 0001", "03 02 0001"),
        ("0006 0000 0005 01 03 02 0009 0007 0000 0005 01 03 02 0001", "03 02 0001"),
        ("01 03 02 0007 0000 0005 01 03 02 0001", "03 02 0001"),
        ("0007 0001 0005 01 03 02 0001", ""),
        ("0007 0000 0005 02 03 02 0001", ""),
        ("0007 0000 FFFF 01 03 02 0001", ""),
        ("0007 0000 0001 01", ""),
        ("0007 0000 0003 01 83 02", "83 02"),
        ("0007 0000 0002 01 83 02", "83 02"),
        ("0007 0000 0005 01 03 02 00", ""),
        ("0007", ""),
    ],
)
def test_over_tcp_the_number_and_the_unit_tell(data: str, pdu: str) -> None:
    framing, request = Mbap(), read(1, 3, 0, 1)
    framing.frame(request, 7)
    assert framing.find(bytes.fromhex(data), request) == bytes.fromhex(pdu)
