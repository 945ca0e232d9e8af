"""A press is told once: repeated, heard twice, kept by the stack, or begun anew by a device."""

from typing import Any

import pytest

from config.bluetooth import BluetoothEvent
from config.catalog import load_profile
from config.profile import Profile
from drivers.ble.advertisement import Advertisement
from drivers.ble.decode import DeviceDecoder
from drivers.ble.edges import Edge
from tests.unit.drivers.shipped import device, made

S = 1_000_000
NOW = 1_780_000_000 * S
MAC = "AA:BB:CC:DD:EE:FF"


def told(edge: Edge, *said: tuple[float, dict[str, Any]]) -> list[str]:
    """Return the numbers of what happens while fields are told at these seconds."""
    return [one.number for at, fields in said for one in edge.happened(fields, NOW + round(at * S))]


def edge(how: str, number: str = "", **more: Any) -> Edge:
    """Return an edge of the field ``x``."""
    return Edge(BluetoothEvent(name="pressed", source="x", edge=how, number=number, **more))  # type: ignore[arg-type]


def test_a_bit_that_rises_is_an_event_and_one_that_stays_is_none() -> None:
    assert told(edge("rises"), (0, {"x": 0}), (1, {"x": 1}), (2, {"x": 1}), (3, {"x": 0}), (4, {"x": 1})) == ["", ""]


def test_a_bit_that_is_set_when_it_is_first_heard_is_an_event() -> None:
    assert told(edge("rises"), (0, {"x": 1}), (1, {"x": 1})) == [""]


def test_data_without_the_field_leaves_the_bit_as_it_was() -> None:
    assert told(edge("rises"), (0, {"x": 1}), (1, {}), (2, {"x": None}), (3, {"x": 1})) == [""]


def test_a_press_under_another_number_is_another_press_though_the_bit_never_fell() -> None:
    assert told(edge("rises", "n"), (0, {"x": 1, "n": 5}), (1, {"x": 1, "n": 5}), (2, {"x": 1, "n": 6})) == ["5", "6"]


def test_the_same_number_within_a_minute_is_the_same_press_and_later_a_device_that_began_anew() -> None:
    said = ((0, {"x": 1, "n": 5}), (10, {"x": 0, "n": 5}), (11, {"x": 1, "n": 5}), (12, {"x": 0, "n": 5}))
    assert told(edge("rises", "n"), *said) == ["5"]
    assert told(edge("rises", "n"), *said, (100, {"x": 1, "n": 5})) == ["5", "5"]


def test_a_counter_tells_each_step_and_where_it_stood_is_none() -> None:
    assert told(edge("counts"), (0, {"x": 7}), (1, {"x": 7}), (2, {"x": 8}), (3, {"x": 11})) == ["8", "9", "10", "11"]


def test_a_cuff_that_sends_all_it_keeps_at_each_visit_tells_each_measurement_once() -> None:
    kept = [(0, {"x": 120, "n": f"measurement {number}"}) for number in range(200)]
    cuff = edge("told", "n")
    assert len(told(cuff, *kept)) == 200
    assert told(cuff, *kept, (1, {"x": 130, "n": "the newest"})) == ["the newest"]


def test_a_counter_goes_round() -> None:
    assert told(edge("counts"), (0, {"x": 254}), (1, {"x": 1})) == ["255", "0", "1"]
    assert told(edge("counts", modulo=16), (0, {"x": 15}), (1, {"x": 0})) == ["0"]


def test_a_counter_that_begins_anew_has_been_used_as_often_as_it_says() -> None:
    assert told(edge("counts"), (0, {"x": 200}), (90, {"x": 0}), (91, {"x": 1})) == ["1"]
    assert told(edge("counts"), (0, {"x": 200}), (90, {"x": 2})) == ["1", "2"]


def test_a_late_counter_is_no_event_and_changes_nothing() -> None:
    assert told(edge("counts"), (0, {"x": 7}), (1, {"x": 8}), (2, {"x": 7}), (3, {"x": 8}), (4, {"x": 9})) == ["8", "9"]


def test_a_counter_that_jumps_is_one_press_for_all_that_anybody_knows() -> None:
    assert told(edge("counts"), (0, {"x": 0}), (1, {"x": 100})) == ["100"]


def test_a_packet_is_an_event_by_its_number() -> None:
    press = {"when": ("press",)}
    said = (
        (0, {"x": "press", "n": 1}),
        (1, {"x": "press", "n": 1}),
        (2, {"n": 2}),
        (3, {"x": "press", "n": 3}),
        (4, {"x": "press", "n": 1}),
        (5, {"x": "press"}),
    )
    assert told(edge("packets", "n", **press), *said) == ["1", "3"]


def test_a_measurement_is_told_each_time_and_with_a_moment_once() -> None:
    assert told(edge("told"), (0, {"x": 120}), (0, {"x": 120}), (0, {"x": None}), (0, {})) == ["", ""]
    at = {"x": 120, "n": "2026-05-01T08:00:00"}
    assert told(edge("told", "n"), (0, at), (0, at), (0, at | {"n": "2026-05-01T09:00:00"})) == [
        "2026-05-01T08:00:00",
        "2026-05-01T09:00:00",
    ]


def bare() -> Profile:
    """Return a pendant that numbers nothing: a flag and its battery."""
    fields = {"sos": {"at": 0, "mask": 1}, "battery": {"at": 1}}
    points = [{"key": "battery_pct", "source": "battery"}]
    advert = {"company": 0xFFFF, "fields": fields, "points": points, "events": [{"name": "pressed", "source": "sos"}]}
    return made(kind="sos_button", driver="ble", silence="1h", bluetooth={"adverts": [advert]})


def heard(data: str, at: float = 0, receiver: str = "hci0", **more: Any) -> Advertisement:
    """Return an advertisement of company FFFF."""
    companies = {0xFFFF: bytes.fromhex(data)}
    return Advertisement(MAC, NOW + round(at * S), companies=companies, receiver=receiver, **more)


def presses(*said: Advertisement) -> int:
    """Return how often a pendant that numbers nothing is pressed while these are heard."""
    decoder = DeviceDecoder(device(bare()))
    meant = [decoder.advertisement(one) for one in said]
    return sum(len(one.occurrences) for one in meant if one is not None)


def test_an_advertisement_that_is_repeated_is_decoded_once() -> None:
    decoder = DeviceDecoder(device(bare()))
    first = decoder.advertisement(heard("0164"))
    assert first is not None
    assert first.values == {"battery_pct": (100, 0)}
    for at in range(1, 100):
        again = decoder.advertisement(heard("0164", at, rssi=-at))
        assert again is not None
        assert (again.values, again.occurrences) == ({}, ())


@pytest.mark.parametrize("late_s", [0.0, 0.2, 4.0])
def test_what_a_second_receiver_hears_later_is_no_second_press(late_s: float) -> None:
    said = [heard("0064", 0), heard("0164", 10), heard("0064", 11)]
    second = [heard(one.companies[0xFFFF].hex(), (one.at - NOW) / S + late_s, "hci1") for one in said]
    assert presses(*sorted((*said, *second), key=lambda one: one.at)) == 1


def test_two_presses_heard_by_two_receivers_are_two() -> None:
    said = [heard(data, at, receiver) for at, data in ((0, "0064"), (1, "0164"), (2, "0064"), (3, "0164"))
            for receiver in ("hci0", "hci1")]  # fmt: skip
    assert presses(*said) == 2


def test_what_the_stack_keeps_from_earlier_is_no_press() -> None:
    kept = [heard("0164", at, "hci1", rssi=-at) for at in range(20, 400, 20)]
    assert presses(heard("0164", 0, "hci1"), heard("0164", 0.1), heard("0064", 11), *kept) == 1


def test_a_press_in_reach_of_the_other_receiver_only_is_a_press() -> None:
    first = [heard("0064", 0, "hci1"), heard("0064", 0), heard("0164", 10), heard("0064", 20)]
    assert presses(*first, heard("0164", 600, "hci1")) == 2


def test_garbage_costs_itself_only() -> None:
    decoder = DeviceDecoder(device(bare()))
    decoder.advertisement(heard("0064"))
    meant = decoder.advertisement(heard("01", 1))
    assert meant is not None
    assert (meant.values, meant.occurrences, decoder.garbled) == ({}, (), 1)
    pressed = decoder.advertisement(heard("0163", 2))
    assert pressed is not None
    assert [one.name for one in pressed.occurrences] == ["pressed"]


def test_what_a_sensor_said_before_is_over_once_it_says_something_else() -> None:
    decoder = DeviceDecoder(device(load_profile("home/bthome-motion")))
    said = ["402101", "402101", "400164"]
    stood = []
    for at, data in enumerate(said):
        decoder.advertisement(Advertisement(MAC, NOW + at * S, services={"fcd2": bytes.fromhex(data)}))
        stood.append(decoder.standing())
    assert stood == [{"motion": (True, 0)}, {"motion": (True, 0)}, {"battery_pct": (100, 0)}]
