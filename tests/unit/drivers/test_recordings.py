"""What devices said in the field is still read as it was: every recording is replayed through the driver."""

from pathlib import Path

import pytest

from config.bus_settings import MeterTcpBus, ModbusTcpBus
from drivers.api import DriverError, Polls, driver_factory
from runtime.clock import SystemClock
from simulators.cjt188 import frames as cjt188
from simulators.dlt645 import frames as dlt645
from simulators.meters.line import MeterLine
from simulators.meters.wires import PortWire
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from tests.recordings import HOME, Recording, load, recordings
from tests.recordings.meters import RecordedMeter
from tests.recordings.modbus import RecordedUnit
from wire.reading import describe_quality

Counterpart = tuple[TcpWire | PortWire, RecordedUnit | RecordedMeter]


def _counterpart(recording: Recording) -> Counterpart:
    """Return what plays the device, and the wire that it is on."""
    clock = SystemClock()
    if recording.bus.startswith("modbus"):
        unit = RecordedUnit(recording.device.unit, tcp=recording.bus == "modbus-tcp")
        wire = TcpWire(Line("recorded"), clock)
        wire.line.add(unit)
        return wire, unit
    meter = RecordedMeter(dlt645.cut if recording.device.profile.driver == "dlt645" else cjt188.cut)
    port = PortWire(MeterLine("recorded"), clock)
    port.line.preamble = 0
    port.line.add(meter)
    return port, meter


async def _replay(recording: Recording) -> list[tuple[dict[str, object], dict[str, str]]]:
    """Return values and qualities of every poll that brought some, read from the bytes of the recording."""
    wire, unit = _counterpart(recording)
    await wire.start()
    host, port = "127.0.0.1", wire.port
    bus: ModbusTcpBus | MeterTcpBus = MeterTcpBus(id="line", type="meter-tcp", host=host, port=port, timeout_s=0.3)
    if isinstance(unit, RecordedUnit):
        bus = ModbusTcpBus(id="line", type="modbus-tcp", host=host, port=port)
    driver = driver_factory(bus.type)(bus, [recording.device], SystemClock())
    assert isinstance(driver, Polls)
    found: list[tuple[dict[str, object], dict[str, str]]] = []
    try:
        await driver.open()
        for poll in recording.polls:
            if poll.error and isinstance(unit, RecordedUnit):
                continue
            unit.show(poll)
            if poll.error:
                with pytest.raises(DriverError) as caught:
                    await driver.poll("recorded")
                assert caught.value.word == poll.error
                continue
            batch = await driver.poll("recorded")
            qualities = batch.quality or (0,) * len(batch.points)
            bad = {key: describe_quality(one) for key, one in zip(batch.points, qualities, strict=True) if one}
            found.append((dict(zip(batch.points, batch.values, strict=True)), bad))
    finally:
        await driver.close()
        await wire.stop()
    return found


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
async def test_a_recording_reads_as_it_did(path: Path) -> None:
    recording = load(path)
    expected = [(poll.values, poll.quality) for poll in recording.polls if not poll.error]
    assert expected
    assert await _replay(recording) == expected


async def test_a_byte_that_changed_is_noticed(tmp_path: Path) -> None:
    text = (HOME / "bin-dfrobot-sen0310-simulated.yaml").read_text("utf-8")
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.replace('"distance_mm": 890', '"distance_mm": 900'), encoding="utf-8")
    recording = load(changed)
    assert await _replay(recording) != [(poll.values, poll.quality) for poll in recording.polls]


def test_recordings_tell_nothing_of_people_and_places() -> None:
    for path in recordings():
        keys = {line.split(":")[0].strip(" -") for line in path.read_text("utf-8").splitlines()[1:] if ":" in line}
        known = {"recording", "profile", "bus", "line", "unit", "options", "transport", "polls"}
        assert keys <= known | {"after_ms", "frames", "values", "quality", "error"}, path.name
