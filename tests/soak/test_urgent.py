"""A write on a busy line waits for the one request under way and for nothing else; in simulated time."""

from bench.modbus.simulated import writes
from bench.modbus.tables import longest_write_s


def test_a_write_waits_for_one_request_at_most() -> None:
    assert writes(60)[-1] <= 1000 * longest_write_s() + 1.0
