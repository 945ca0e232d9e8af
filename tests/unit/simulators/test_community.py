"""A whole community: it starts and stops as one, is steered by name, and tells the truth."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from runtime.clock import SystemClock
from runtime.testing import FakeClock
from simulators.build import Overrides
from simulators.community import Community
from simulators.control import BadOrderError, control, obey
from simulators.plan import PlanError, load_plan

DEMO = Path(__file__).parents[3] / "simulators" / "communities" / "demo.yaml"
PATIENCE_S = 10
ONE_BUS = "site: x\nbuses: {b: {type: modbus-tcp}}\ndevices: "


@pytest.fixture
def overrides(tmp_path: Path) -> Overrides:
    return Overrides(free_ports=True, directory=tmp_path, scripts=False)


async def ask(port: int, request: str, size: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(bytes.fromhex(request))
    answer = await asyncio.wait_for(reader.readexactly(size), PATIENCE_S)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_the_demo_has_what_the_gateway_file_of_the_demo_names() -> None:
    plan = load_plan(DEMO)
    kinds = [device.model for device in plan.devices.values()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "door": 4,
        "barrier": 1,
        "onvif-camera": 2,
        "onvif-door-station": 1,
        "ultrasonic-bin": 6,
        "meter": 2,
        "fall-band": 3,
        "hr-band": 1,
        "mi-band": 1,
        "sos-pendant": 2,
        "blood-pressure-cuff": 1,
    }
    assert list(plan.buses) == ["lan-doors", "lan-gate", "lan-bins", "rs485-1", "cams", "ble"]


async def test_a_community_answers_and_counts_what_it_answered(overrides: Overrides) -> None:
    async with Community.from_file(DEMO, SystemClock(), overrides) as community:
        doors = community.ports["lan-doors"]
        assert (await ask(doors, "00 01 00 00 00 06 02 02 00 00 00 08", 10))[-1] == 0b0101
        assert community.door("door-3").open("key")
        assert (await ask(doors, "00 01 00 00 00 06 02 02 00 00 00 04", 10))[-1] == 0b0100
        await ask(doors, "00 02 00 00 00 06 01 05 02 00 00 32", 12)
        assert community.door("door-1").unlocked
        truth = community.truth()["devices"]
    assert (truth["door-3"]["reads"], truth["door-1"]["reads"]) == (2, 0)
    assert [(act["what"], act["seconds"]) for act in truth["door-1"]["commands"]] == [("pulse", 5.0)]
    assert [opening["how"] for opening in truth["door-3"]["openings"]] == ["key"]
    assert truth["door-2"]["commands"] == []


async def test_a_community_leaves_nothing_behind(overrides: Overrides) -> None:
    for _ in range(2):
        async with Community.from_file(DEMO, SystemClock(), overrides) as community:
            link = Path(community.links["rs485-1"])
            port = community.ports["lan-bins"]
            assert link.is_symlink()
        assert not link.is_symlink()
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert len(asyncio.all_tasks()) == 1


async def test_a_port_that_is_taken_stops_the_start_and_closes_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        buses = f"a: {{type: modbus-rtu, link: a}}, b: {{type: modbus-tcp, port: {port}}}"
        file.write_text(f"site: x\ndevices: {{}}\nbuses: {{{buses}}}\n")
        community = Community.from_file(file, SystemClock(), Overrides(directory=tmp_path))
        with pytest.raises(OSError, match="in use"):
            await community.__aenter__()
    assert not (tmp_path / "a").is_symlink()


async def test_the_stories_of_the_demo_are_told(tmp_path: Path) -> None:
    clock = FakeClock()
    played = Overrides(free_ports=True, directory=tmp_path)
    async with Community.from_file(DEMO, clock, played) as community:
        community.camera("gate-cam").points.create(3600)
        await clock.advance(7)
        assert community.door("door-2").is_open
        assert community.waste_bin("bin-1").level > 80
        await clock.advance(21)
        assert not community.door("door-2").is_open
        assert community.waste_bin("bin-1").level < 60
        community.door("door-1").board.write_coil(0x0200, 50)
        await clock.advance(3)
        assert community.door("door-1").is_open
        await clock.advance(600)
        truth = community.truth()["devices"]
    assert truth["gate-1"]["smashes"] == []
    assert len(truth["gate-1"]["cars"]) > 20
    assert truth["gate-1"]["passages"] == 0  # there is no gateway to open for them
    assert {car["plate"] for car in truth["gate-cam"]["passages"]} == {car["plate"] for car in truth["gate-1"]["cars"]}
    assert all(truth[f"bin-{number}"]["emptied"] > 0 for number in range(1, 7))
    assert [opening["how"] for opening in truth["door-1"]["openings"]] == ["unlocked"]


async def test_things_are_found_by_name_and_kind(overrides: Overrides) -> None:
    community = Community.from_file(DEMO, FakeClock(), overrides)
    assert community.meter("meter-1").count_reads
    assert community.barrier("gate-1").position == 0
    assert community.faults("door-1") is community.faults("door-2") is not community.faults("door-3")
    with pytest.raises(KeyError):
        community.device("door-9")
    with pytest.raises(TypeError, match="meter-1 is a meter"):
        community.door("meter-1")


async def test_orders_steer_it(overrides: Overrides) -> None:
    async with Community.from_file(DEMO, SystemClock(), overrides) as community:
        assert await obey(community, {"device": "door-1", "do": "open", "args": {"how": "forced"}}) is True
        faults = await obey(community, {"device": "bin-1", "do": "faults", "args": {"wrong": "short", "share": 0.5}})
        assert (faults["wrong"], faults["share"]) == ("short", 0.5)
        await obey(community, {"bus": "lan-bins", "do": "stop"})
        with pytest.raises(OSError, match=r"refused|Connect"):
            await ask(community.ports["lan-bins"], "00", 1)
        await obey(community, {"bus": "lan-bins", "do": "start"})
        await obey(community, {"bus": "lan-doors", "do": "freeze"})
        assert community.bus("lan-doors").line.frozen
        with pytest.raises(BadOrderError, match="press_exit"):
            await obey(community, {"device": "door-1", "do": "truth"})
        with pytest.raises(BadOrderError, match="silent"):
            await obey(community, {"device": "door-1", "do": "faults", "args": {"dice": 1}})
        with pytest.raises(BadOrderError):
            await obey(community, {"bus": "rs485-1", "do": "cut"})


async def test_orders_come_over_a_socket(overrides: Overrides) -> None:
    async with Community.from_file(DEMO, SystemClock(), overrides) as community, control(community) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def send(text: str) -> dict[str, object]:
            writer.write(text.encode() + b"\n")
            answer: dict[str, object] = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE_S))
            return answer

        assert await send('{"device": "door-1", "do": "open", "args": {"how": "key"}}') == {"ok": True, "result": True}
        assert community.door("door-1").is_open
        for wrong in ("what?", "[]", '{"device": "door-9", "do": "open"}', '{"do": "explode"}', '{"bus": 1}'):
            assert (await send(wrong))["ok"] is False
        truth = await send('{"do": "truth"}')
        assert truth["ok"] is True
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("site: x\nbuses: {}\ndevices: {a: {model: toaster}}\n", "model"),
        ("site: x\nbuses: {}\ndevices: {a: {model: meter, bus: b, unit: 1}}\n", "no bus b"),
        ("site: x\nbuses: {}\ndevices: {a: {model: door, board: b, relay: 1, inputs: {contact: 1}}}\n", "no board b"),
        ("site: x\nsite: y\n", "duplicate"),
        (f"{ONE_BUS}{{m: {{model: meter, bus: b, unit: 1}}, n: {{model: meter, bus: b, unit: 1}}}}", "unit 1 is taken"),
        (f"{ONE_BUS}{{m: {{model: meter, bus: b, unit: 1, script: {{silent: {{for: soon}}}}}}}}", "duration"),
    ],
)
async def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(PlanError, match=says):
        Community.from_file(file, FakeClock())
