"""A community as the field really is: products by their profiles, boards of several makers, lines that misbehave."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.build import Overrides
from simulators.community import Community
from simulators.control import obey
from simulators.modbus.frames import Frame, rtu_bytes
from simulators.modbus.speed import Speed
from simulators.modbus.tcp import TcpWire
from simulators.plan import PlanError

FIELD = """site: x
buses:
  lan: {type: modbus-tcp}
  server: {type: modbus-rtu-tcp, speed: 2400 8E1, paced: true, echo: true}
  rs485: {type: modbus-rtu, link: rs485, paced: true}
boards:
  relays: {bus: lan, unit: 255, model: lctech-8r-d7}
  outputs: {bus: lan, unit: 3, model: r413d08}
devices:
  door-1: {model: door, board: relays, relay: 2, inputs: {contact: 1}}
  door-2: {model: door, board: outputs, relay: 8}
  meter-1:
    model: profile
    profile: meter/acrel-adw300
    bus: server
    unit: 5
    values: {voltage_v: 229.8}
    script:
      stuck: {after: 1s, for: 1s}
      noisy: {after: 3s, for: 1s, bytes: 4}
      reboots: {after: 5s, for: 1s, speed: 1200 8N1}
  bin-1:
    model: profile
    profile: bin/apg-mnu
    bus: lan
    unit: 9
    options: {empty_mm: 2000, full_mm: 300}
    values: {fill_pct: 50}
  clone: {model: profile, profile: env/xy-md02, bus: rs485, unit: 1, speaks: 9600 8O1}
  twin: {model: profile, profile: env/xy-md02, bus: rs485, unit: 1, twin: true}
"""


def community(tmp_path: Path, text: str = FIELD, clock: Any = None, *, scripts: bool = False) -> Community:
    file = tmp_path / "field.yaml"
    file.write_text(text)
    return Community.from_file(
        file, clock or SystemClock(), Overrides(free_ports=True, directory=tmp_path, scripts=scripts)
    )


async def test_products_are_known_by_their_profiles(tmp_path: Path) -> None:
    async with community(tmp_path) as field:
        assert field.profiled("bin-1").get("distance_mm") == 1150
        await obey(field, {"device": "meter-1", "do": "set", "args": {"key": "voltage_v", "value": 210.5}})
        truth = field.truth()["devices"]
        assert (truth["meter-1"]["profile"], truth["meter-1"]["values"]["voltage_v"]) == ("meter/acrel-adw300", 210.5)
        with pytest.raises(KeyError):
            await obey(field, {"device": "meter-1", "do": "set", "args": {"key": "colour", "value": 1}})


async def test_a_serial_server_carries_rtu_frames_with_their_echo(tmp_path: Path) -> None:
    async with community(tmp_path) as field:
        request = rtu_bytes(Frame(5, bytes.fromhex("03 00 14 00 01")))
        answer = rtu_bytes(Frame(5, bytes.fromhex("03 02 08 FA")))
        reader, writer = await asyncio.open_connection("127.0.0.1", field.ports["server"])
        writer.write(request)
        assert await asyncio.wait_for(reader.readexactly(len(request + answer)), 10) == request + answer
        await obey(field, {"bus": "server", "do": "no_echo"})
        writer.write(request)
        assert await asyncio.wait_for(reader.readexactly(len(answer)), 10) == answer
        server = field.bus("server")
        assert isinstance(server, TcpWire)
        server.noise(b"\x55\xaa")
        assert await asyncio.wait_for(reader.readexactly(2), 10) == b"\x55\xaa"
        await obey(field, {"bus": "server", "do": "cut"})
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 10)
        writer.close()


async def test_doors_hang_on_boards_of_several_makers(tmp_path: Path) -> None:
    async with community(tmp_path) as field:
        field.door("door-1").board.write_registers(16, 8, [4, 50])
        field.door("door-2").board.write_registers(6, 8, [0x0605])
        assert field.door("door-1").unlocked
        assert field.door("door-2").open()
        assert field.door("door-2").reads == 0


async def test_spells_befall_a_product(tmp_path: Path) -> None:
    clock = FakeClock()
    async with community(tmp_path, clock=clock, scripts=True) as field:
        faults, seen = field.faults("meter-1"), []
        for _ in range(7):
            seen.append((faults.stuck, faults.noise, faults.speaks))
            await clock.advance(0.5)
            await clock.advance(0.5)
    assert seen == [
        (False, 0, None), (True, 0, None), (False, 0, None), (False, 4, None), (False, 0, None),
        (False, 0, Speed(1200)), (False, 0, None),
    ]  # fmt: skip


async def test_orders_make_a_device_misbehave(tmp_path: Path) -> None:
    async with community(tmp_path) as field:
        asked = {"noise": 2, "stuck": True, "speaks": "4800 8N1"}
        shown = await obey(field, {"device": "clone", "do": "faults", "args": asked})
        assert {name: shown[name] for name in asked} == asked
        assert field.faults("clone").speaks == Speed(4800)
        shown = await obey(field, {"device": "clone", "do": "faults", "args": {"speaks": None}})
        assert shown["speaks"] is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("bin/apg-mnu", "bin/none", "no profile bin/none"),
        ("fill_pct: 50", "colour: 1", "colour"),
        ("voltage_v: 229.8", "voltage_v: 100000", "does not fit"),
        ("2400 8E1", "fast", "no speed"),
        (", twin: true", "", "unit 1 is taken"),
        ("r413d08", "r999", "model"),
        ("inputs: {contact: 1}", "inputs: {}", "needs the input contact"),
        ("relay: 8}", "relay: 8, inputs: {contact: 1}}", "not 1"),
    ],
)
def test_what_cannot_be_played_says_why(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        community(tmp_path, FIELD.replace(old, new))
