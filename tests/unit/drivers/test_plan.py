"""Points become the fewest requests that the device allows, and only those that are due."""

import pytest

from config.profile import Profile
from drivers.api import Misconfigured, NotSupported
from drivers.modbus.plan import Plan, make_plan
from tests.unit.drivers.shipped import made, shipped


def registers(*addresses: int, encoding: str = "u16", **transport: int | str) -> Profile:
    """Return a profile with holding registers at these addresses."""
    points = [
        {"key": f"r{address}", "table": "holding_register", "address": address, "encoding": encoding}
        for address in addresses
    ]
    return made(points=points, transport={"buses": ["modbus-tcp"], **transport})


def asked(plan: Plan) -> list[tuple[int, int, int]]:
    """Return each request as function, address, count."""
    return [(run.function, run.address, run.count) for run in plan.runs]


def test_neighbours_are_read_together() -> None:
    assert asked(make_plan(registers(*range(20)), {})) == [(3, 0, 20)]


def test_a_hole_is_not_read_unless_the_device_allows_it() -> None:
    assert asked(make_plan(registers(0, 1, 4), {})) == [(3, 0, 2), (3, 4, 1)]
    assert asked(make_plan(registers(0, 1, 4, max_gap=2), {})) == [(3, 0, 5)]
    assert asked(make_plan(registers(0, 1, 5, max_gap=2), {})) == [(3, 0, 2), (3, 5, 1)]


def test_a_run_never_exceeds_what_the_device_answers() -> None:
    assert asked(make_plan(registers(*range(5), max_registers=2), {})) == [(3, 0, 2), (3, 2, 2), (3, 4, 1)]
    assert asked(make_plan(registers(0, 2, 4, encoding="f32", max_registers=4), {})) == [(3, 0, 4), (3, 4, 2)]


def test_one_request_for_each_value_where_the_product_wants_that() -> None:
    points = [{"key": f"b{bit}", "table": "holding_register", "address": 0, "bit": bit} for bit in range(3)]
    points.append({"key": "r1", "table": "holding_register", "address": 1})
    transport = {"buses": ["modbus-tcp"], "single_requests": True}
    assert asked(make_plan(made(points=points, transport=transport), {})) == [(3, 0, 1), (3, 1, 1)]


def test_coils_from_zero_where_the_product_wants_that() -> None:
    points = [{"key": f"c{n}", "table": "coil", "address": n, "encoding": "bool"} for n in (9, 10)]
    plan = make_plan(made(points=points, transport={"buses": ["modbus-tcp"], "coils_from_zero": True}), {})
    assert asked(plan) == [(1, 0, 11)]
    assert plan.decode([b"\x00\x04"], {}) == ((False, True), ())


def test_a_hole_of_the_product_is_never_read_along() -> None:
    holes = {"holding_register": [[2, 2]]}
    assert asked(make_plan(registers(0, 1, 3, max_gap=2, holes=holes), {})) == [(3, 0, 2), (3, 3, 1)]  # type: ignore[arg-type]


def test_a_request_that_no_device_could_answer_is_a_mistake() -> None:
    point = {"key": "c", "table": "coil", "address": 2500, "encoding": "bool"}
    with pytest.raises(Misconfigured, match="2501"):
        make_plan(made(points=[point], transport={"buses": ["modbus-tcp"], "coils_from_zero": True}), {})


def test_tables_are_not_mixed() -> None:
    points = [
        {"key": "a", "table": "input_register", "address": 0},
        {"key": "b", "table": "holding_register", "address": 1},
        {"key": "c", "table": "coil", "address": 2, "encoding": "bool"},
    ]
    assert asked(make_plan(made(points=points), {})) == [(1, 2, 1), (3, 1, 1), (4, 0, 1)]


def test_only_due_points_are_asked() -> None:
    plan = make_plan(shipped("meter/eastron-sdm120"), {}, ["frequency_hz", "energy_kwh"])
    assert plan.points == ("frequency_hz", "energy_kwh")
    assert asked(plan) == [(4, 0x46, 4)]


def test_a_meter_is_one_request() -> None:
    assert asked(make_plan(shipped("meter/eastron-sdm120"), {})) == [(4, 0, 0x4A)]


def test_what_is_not_wired_does_not_exist() -> None:
    plan = make_plan(shipped("door/waveshare-relay-d8"), {"relay": 3, "inputs": {"contact": 5}})
    assert plan.points == ("door_state", "lock_state")
    assert asked(plan) == [(1, 2, 1), (2, 4, 1)]


def test_a_level_reads_its_source() -> None:
    plan = make_plan(shipped("bin/dfrobot-sen0310"), {"empty_mm": 1100, "full_mm": 250}, ["fill_pct"])
    assert plan.points == ("fill_pct",)
    assert asked(plan) == [(3, 5, 1)]
    assert plan.decode([b"\x00\x43"], {}) == ((50.6,), ())


def test_an_unknown_point_is_named() -> None:
    with pytest.raises(NotSupported, match="colour"):
        make_plan(shipped("meter/eastron-sdm120"), {}, ["voltage_v", "colour"])


def test_nothing_wired_is_nothing_to_read() -> None:
    with pytest.raises(NotSupported):
        make_plan(shipped("door/waveshare-relay-d8"), {})


def test_a_barrier_with_nothing_but_buttons_is_read_for_a_sign_of_life() -> None:
    barrier, options = shipped("barrier/dry-contact-waveshare-d8"), {"relays": {"up": 1, "down": 2}}
    plan = make_plan(barrier, options)
    assert plan.points == ()
    assert asked(plan) == [(1, 0, 2)]
    assert plan.decode([b"\x01"], {}) == ((), ())
    with pytest.raises(NotSupported):
        make_plan(barrier, options, [])


@pytest.mark.parametrize("address", [-1, 65536])
def test_an_address_outside_the_protocol_is_a_mistake(address: int) -> None:
    with pytest.raises(Misconfigured):
        make_plan(registers(address), {})


def test_a_coil_is_a_bool() -> None:
    with pytest.raises(Misconfigured):
        make_plan(made(points=[{"key": "a", "table": "coil", "address": 0}]), {})


def test_commands_need_their_terminals_and_their_interlock() -> None:
    barrier = shipped("barrier/dry-contact-waveshare-d8")
    assert barrier.commands_on({"relays": {"up": 1, "down": 2}, "inputs": {}}) == ("open",)
    assert barrier.commands_on({"relays": {"up": 1, "down": 2}, "inputs": {"loop_under": 4}}) == ("open", "close")
