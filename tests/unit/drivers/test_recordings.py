"""What devices said in the field is still read as it was: every recording is replayed through the driver."""

from pathlib import Path

import pytest

from config.settings import ModbusTcpBus
from drivers.modbus import modbus_driver
from runtime.clock import SystemClock
from simulators.modbus.line import Line
from simulators.modbus.tcp import TcpWire
from tests.recordings import HOME, Recording, load, recordings
from tests.recordings.modbus import RecordedUnit
from wire.reading import describe_quality

MODBUS = [path for path in recordings() if load(path).bus.startswith("modbus")]


async def _replay(recording: Recording) -> list[tuple[dict[str, object], dict[str, str]]]:
    """Return values and qualities of every poll that brought some, read from the bytes of the recording."""
    clock = SystemClock()
    unit = RecordedUnit(recording.device.unit, tcp=recording.bus == "modbus-tcp")
    wire = TcpWire(Line("recorded"), clock)
    wire.line.add(unit)
    await wire.start()
    bus = ModbusTcpBus(id="line", type="modbus-tcp", host="127.0.0.1", port=wire.port)
    driver = modbus_driver(bus, [recording.device], clock)
    found: list[tuple[dict[str, object], dict[str, str]]] = []
    try:
        await driver.open()
        for poll in recording.polls:
            if poll.error:
                continue
            unit.show(poll)
            batch = await driver.poll("recorded")
            qualities = batch.quality or (0,) * len(batch.points)
            bad = {key: describe_quality(one) for key, one in zip(batch.points, qualities, strict=True) if one}
            found.append((dict(zip(batch.points, batch.values, strict=True)), bad))
    finally:
        await driver.close()
        await wire.stop()
    return found


@pytest.mark.parametrize("path", MODBUS, ids=lambda path: path.stem)
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
