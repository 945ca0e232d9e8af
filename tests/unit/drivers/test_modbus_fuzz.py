"""A short run of the fuzzer, and any bytes at all through what explains and finds frames."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modbus.framing import LONGEST, Mbap, Rtu
from drivers.modbus.meaning import meaning
from drivers.modbus.pdu import Request, read, write_coil
from simulators.modbus.frames import Frame, rtu_bytes
from tests.fuzz.modbus import Tally, damaged, pieces, play, stands_there

BYTES = st.binary(max_size=LONGEST)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_damaged_answers(seed: int) -> None:
    tally = Tally()
    await play(1500, seed, tally)
    assert tally.blind["modbus-rtu-tcp"] == 0
    assert set(tally.outcomes) == {"answer", "CorruptAnswer", "Timeout", "DeviceRefused"}


@settings(deadline=None)
@given(BYTES, BYTES, st.booleans(), st.booleans(), st.sampled_from(["zh", "en"]))
def test_any_bytes_can_be_explained(data: bytes, asked: bytes, tcp: bool, sent: bool, lang: str) -> None:
    assert meaning(data, asked, lang, tcp=tcp, sent=sent)  # type: ignore[arg-type]


@settings(deadline=None)
@given(BYTES, st.sampled_from([read(17, 3, 0, 2), read(1, 1, 0, 9), write_coil(3, 3, True)]))
def test_what_is_found_stands_there(data: bytes, asked: Request) -> None:
    for framing in (Rtu(), Mbap()):
        assert framing.find(data, asked) in data


def test_the_witness_sees_what_is_there_and_only_that() -> None:
    whole = rtu_bytes(Frame(17, bytes.fromhex("03 02 00 07")))
    assert stands_there(b"\x11" + whole, bytes.fromhex("03 02 00 07"), None)
    assert not stands_there(whole[:-1] + bytes((whole[-1] ^ 1,)), bytes.fromhex("03 02 00 07"), None)


def test_damage_is_damage() -> None:
    dice, whole = random.Random(1), bytes(range(20))
    broken = [damaged(dice, whole, b"stranger") for _ in range(200)]
    assert sum(one == whole for one in broken) < 60
    assert all(b"".join(pieces(dice, one)) == one for one in broken)
