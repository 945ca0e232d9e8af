"""One strength for a while: the median at the receiver that heard the device best."""

import pytest

from drivers.ble.signal import Signal


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ([], None),
        ([("hci0", -70)], -70),
        ([("hci0", -70), ("hci0", -60), ("hci0", -95)], -70),
        ([("hci0", -90), ("hci0", -91), ("hci1", -60), ("hci1", -65), ("hci1", -61)], -61),
    ],
)
def test_the_median_of_the_best(heard: list[tuple[str, int]], said: int | None) -> None:
    signal = Signal()
    for receiver, rssi in heard:
        signal.heard(receiver, rssi)
    assert signal.look() == said
    assert signal.look() is None


def test_of_very_many_the_latest_count() -> None:
    signal = Signal()
    for _ in range(10_000):
        signal.heard("hci0", -40)
    for _ in range(64):
        signal.heard("hci0", -80)
    assert signal.look() == -80
