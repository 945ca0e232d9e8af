"""What devices sent through the air is still decoded as it was, and says nothing of people and places."""

from pathlib import Path

import pytest

from tests.recordings import air

FILES = sorted(air.HOME.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_decodes_as_it_did(path: Path) -> None:
    device, told = air.load(path)
    assert told
    for one, (values, bad, events) in zip(told, air.replay(device, told), strict=True):
        assert (one.values, one.quality, one.events) == (values, bad, events)


def test_a_byte_that_changed_is_noticed(tmp_path: Path) -> None:
    text = FILES[0].read_text("utf-8")
    changed = tmp_path / "changed.yaml"
    changed.write_text(text.replace("4C 4C 01 01 05 50", "4C 4C 01 00 05 50"), encoding="utf-8")
    device, told = air.load(changed)
    assert [events for _, _, events in air.replay(device, told)] != [one.events for one in told]


def test_recordings_tell_nothing_of_people_and_places() -> None:
    known = {"recording", "profile", "bus", "options", "name", "heard", "after_ms", "characteristic", "data"}
    known |= {"uuids", "error", "values", "quality", "events"}
    for path in FILES:
        keys = {line.split(":")[0].strip(" -") for line in path.read_text("utf-8").splitlines()[1:] if ":" in line}
        assert keys <= known, path.name
