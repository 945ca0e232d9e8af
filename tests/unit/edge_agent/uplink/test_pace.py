"""The size of uploads: found out with one chunk, what the link carries in a second, and never given up for ever."""

import pytest

from edge_agent.uplink.pace import AIM_S, MAX_BYTES, MAX_CHUNKS, Pace
from edge_agent.uplink.waiting import LONGEST_S, SLOWEST_BYTES_PER_S, patience_s

CHUNK = 7_000
TIMEOUT_S = 10.0
ROUND_TRIP_S = 0.3


class Wire:
    """A link of so many bytes a second; ``send`` makes the next upload of a pace and returns how long it took."""

    def __init__(self, bytes_per_s: float, chunk: int = CHUNK) -> None:
        self.bytes_per_s, self.chunk = bytes_per_s, chunk
        self.pace = Pace()

    def next_size(self) -> int:
        chunks = min(max(self.pace.max_bytes // self.chunk, 1), self.pace.max_chunks)
        return chunks * self.chunk

    def send(self) -> float | None:
        size = self.next_size()
        took_s = ROUND_TRIP_S + size / self.bytes_per_s
        patience = self.pace.patience_s(TIMEOUT_S, size)
        if took_s > patience:
            self.pace.ran_out(size, patience)
            self.pace.failed()
            return None
        self.pace.went(size // self.chunk, size, took_s, ROUND_TRIP_S)
        return took_s - ROUND_TRIP_S


@pytest.mark.parametrize("bytes_per_s", [8_000, 40_000, 125_000, 1_250_000, 1e9])
def test_an_upload_takes_about_a_second_or_is_one_chunk(bytes_per_s: float) -> None:
    wire = Wire(bytes_per_s)
    took = [wire.send() for _ in range(40)]
    assert all(one is not None and one <= 2 * AIM_S for one in took)
    full = min(bytes_per_s * AIM_S, MAX_BYTES, MAX_CHUNKS * CHUNK)
    assert wire.next_size() >= max(CHUNK, 0.4 * full)


def test_a_long_way_is_not_a_slow_link() -> None:
    pace = Pace()
    for _ in range(10):
        pace.went(1, CHUNK, 2.0 + CHUNK / 1e6, 2.0)
    assert pace.max_chunks == MAX_CHUNKS
    assert pace.max_bytes > CHUNK


@pytest.mark.parametrize("chunk", [CHUNK, 60_000, 200_000])
def test_a_link_that_becomes_slow_is_not_given_up_for_ever(chunk: int) -> None:
    wire = Wire(1_250_000, chunk)
    for _ in range(20):
        wire.send()
    wire.bytes_per_s = 2 * SLOWEST_BYTES_PER_S
    took = [wire.send() for _ in range(8)]
    assert any(one is not None for one in took[:4])
    assert took[-1] is not None


def test_what_is_small_is_not_waited_for_longer_than_a_dead_line_may_last() -> None:
    wire = Wire(100_000)
    assert wire.pace.patience_s(TIMEOUT_S, CHUNK) <= 15.0
    for _ in range(20):
        wire.send()
        assert wire.pace.patience_s(TIMEOUT_S, wire.next_size()) <= 15.0


def test_a_transport_is_never_less_patient_than_needed() -> None:
    for size in (0, CHUNK, 100_000, MAX_BYTES):
        least = min(TIMEOUT_S + size / SLOWEST_BYTES_PER_S, LONGEST_S)
        assert patience_s(TIMEOUT_S, size) == least


def test_a_failure_begins_again_with_one_chunk() -> None:
    wire = Wire(1_250_000)
    for _ in range(20):
        wire.send()
    wire.pace.failed()
    assert wire.next_size() == CHUNK
