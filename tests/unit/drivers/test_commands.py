"""What a command sends, with which arguments, and when its effect counts as seen."""

import pytest
from pydantic import TypeAdapter

from config.command_map import CommandMap
from drivers.api import Misconfigured, NotSupported
from drivers.modbus.commands import checked_arguments, requests, shown
from tests.unit.drivers.shipped import shipped
from wire.reading import Value

DOOR = shipped("door/waveshare-relay-d8")
UNLOCK = DOOR.commands["pulse_unlock"]


LAMP = {"arg": "s", "curve": "dali", "offset": {"base": 0, "option": "lamp", "step": 512}}
"""A DALI frame: short address 5 and the arc level of 2 % of the light."""


def command(**write: object) -> CommandMap:
    """Return a command with one write."""
    return TypeAdapter(CommandMap).validate_python({"writes": [write]})


def test_the_default_fills_in() -> None:
    assert checked_arguments(UNLOCK.args, {}) == {"seconds": 5}


@pytest.mark.parametrize("value", [0, 31, 5.0, True, "5", None])
def test_an_argument_must_be_a_whole_number_in_range(value: Value) -> None:
    with pytest.raises(Misconfigured, match="seconds"):
        checked_arguments(UNLOCK.args, {"seconds": value})


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(Misconfigured, match="minutes"):
        checked_arguments(UNLOCK.args, {"minutes": 1})


def test_a_door_without_a_relay_cannot_be_opened() -> None:
    with pytest.raises(NotSupported):
        requests(1, UNLOCK, {"inputs": {"contact": 1}}, {"seconds": 5})


@pytest.mark.parametrize(
    ("write", "function", "body"),
    [
        ({"kind": "coil", "address": 2, "value": True}, 5, "0002 FF00"),
        ({"kind": "coil", "address": 2, "value": False}, 5, "0002 0000"),
        ({"kind": "register", "address": 1, "value": 5}, 6, "0001 0005"),
        ({"kind": "register", "address": 1, "value": -1}, 6, "0001 FFFF"),
        ({"kind": "registers", "address": 3, "value": [4, {"arg": "s", "scale": 10}]}, 16, "0003 0002 04 0004 0014"),
        ({"kind": "registers", "address": 3, "value": 9}, 16, "0003 0001 02 0009"),
        ({"kind": "coils", "address": 0, "value": [1, 0, 1, 1, 0, 0, 0, 0, 1]}, 15, "0000 0009 02 0D01"),
        ({"kind": "register", "address": 1, "value": {"arg": "s", "offset": 0x0600}}, 6, "0001 0602"),
        ({"kind": "register", "address": 1, "value": LAMP}, 6, "0001 0A6F"),
        ({"kind": "register", "address": 1, "value": {"base": 254, "option": "lamp", "step": 512}}, 6, "0001 0AFE"),
        ({"kind": "timed_coil", "address": 0x200, "value": {"arg": "s", "scale": 10}}, 5, "0200 0014"),
    ],
)
def test_the_bytes_of_each_kind_of_write(write: dict[str, object], function: int, body: str) -> None:
    (request,) = requests(1, command(**write), {"lamp": 5}, {"s": 2})
    assert (request.function_code, request.encode()) == (function, bytes.fromhex(body))


@pytest.mark.parametrize(("percent", "level"), [(0, 0), (1, 85), (3, 126), (10, 170), (50, 229), (100, 254)])
def test_light_is_logarithmic_on_dali(percent: int, level: int) -> None:
    """The levels are those of the table in IEC 62386-102."""
    value = {"arg": "pct", "curve": "dali"}
    (request,) = requests(1, command(kind="register", address=0, value=value), {}, {"pct": percent})
    assert request.encode() == bytes.fromhex("0000") + level.to_bytes(2, "big")


def test_a_value_whose_option_is_missing_is_not_sent() -> None:
    with pytest.raises(NotSupported):
        requests(1, command(kind="register", address=1, value=LAMP), {}, {"s": 2})


def test_only_a_list_goes_into_many_places() -> None:
    with pytest.raises(Misconfigured, match="one value"):
        requests(1, command(kind="coil", address=0, value=[1, 0]), {}, {})


@pytest.mark.parametrize("value", [70000, -40000, "on"])
def test_a_value_that_no_register_holds_is_a_mistake(value: object) -> None:
    with pytest.raises(Misconfigured):
        requests(1, command(kind="register", address=0, value=value), {}, {})


def test_what_must_be_seen() -> None:
    assert shown({}, {})
    assert shown({"lock_state": "unlocked"}, {"lock_state": "unlocked", "door_state": "closed"})
    assert not shown({"lock_state": "unlocked"}, {"lock_state": "locked"})
    assert not shown({"lock_state": "unlocked"}, {})
    assert shown({"boom_state": ("opening", "open")}, {"boom_state": "open"})
