"""What one speed sounds like at another: the bits of the wire, sampled as a UART samples them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.modbus.speed import Speed, heard, parse_speed

ANSWER = bytes.fromhex("01 04 04 43 66 33 34 1B 38")


@given(st.binary(max_size=40), st.sampled_from(["8N1", "8E1", "8O1", "8N2", "8E2"]), st.sampled_from([1200, 9600]))
def test_at_its_own_speed_everything_is_heard(data: bytes, form: str, baud: int) -> None:
    assert heard(data, Speed(baud, form), Speed(baud, form)) == data


@given(st.binary(max_size=40))
def test_parity_is_taken_for_a_stop_bit_and_the_bytes_come_through(data: bytes) -> None:
    """So it is at a real port: reading 8E1 at 8N1 works, and what fails is what one sends."""
    assert heard(data, Speed(9600, "8E1"), Speed(9600, "8N1")) == data


@pytest.mark.parametrize(
    ("sent", "at", "received"),
    [
        (Speed(9600), Speed(4800), "FD"),
        (Speed(4800), Speed(9600), "E6 98"),
        (Speed(2400), Speed(9600), "78 80 F8"),
    ],
)
def test_a_byte_at_another_speed(sent: Speed, at: Speed, received: str) -> None:
    """0x4D is 0 10110010 1 on the wire; the rest is worked out by hand from where the samples fall."""
    assert heard(b"\x4d", sent, at).hex(" ").upper() == received


@pytest.mark.parametrize("baud", [1200, 2400, 4800, 19200, 38400, 115200])
def test_another_baud_rate_is_garbage(baud: int) -> None:
    garbage = heard(ANSWER, Speed(9600), Speed(baud))
    assert ANSWER not in garbage
    assert len(garbage) > 0


def test_a_speed_is_written_with_its_format() -> None:
    assert parse_speed("2400 8E1") == Speed(2400, "8E1")
    assert str(Speed(2400, "8E1")) == "2400 8E1"
    assert Speed(9600).char_s == pytest.approx(10 / 9600)
    assert Speed(2400, "8E1").char_s == pytest.approx(11 / 2400)
    assert Speed(9600).gap_s == pytest.approx(35 / 9600)
    assert Speed(115200).gap_s == 0.00175
    for text in ("9600", "9600 8X1", "fast 8N1", "9600 9N1"):
        with pytest.raises(ValueError, match="no speed"):
            parse_speed(text)
