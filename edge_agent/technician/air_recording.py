"""What a device sent through the air, redacted: advertisements and characteristics fit to become a test.

Its address is a made-up one, in the data as well, and so is what else it is known by (a beacon's UUID); its local name,
which may be somebody's, is not kept, nor are keys: what is encrypted cannot be recorded. How strongly it was heard,
which says where somebody was, is left out. Times are relative.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from config.address import Scalar
from config.bus_settings import BusSettings
from config.settings import DeviceSettings
from drivers.api import Shown
from edge_agent.technician.recording import redacted_options
from edge_agent.technician.watching import Tally, watch
from runtime.clock import Clock
from wire.reading import describe_quality

FORMAT: Final = 2
MADE_UP: Final = "C2:00:00:00:00:01"
"""A static random address that nobody has."""

_KEY_OF_ADDRESSES: Final = "irk"


@dataclass(slots=True)
class AirRecording:
    """What was recorded of ``device``; ``own``: by the person who wears it."""

    device: DeviceSettings
    own: bool = False
    told: list[Shown] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def is_encrypted(device: DeviceSettings) -> bool:
    """Tell whether ``device`` has a key of its own, without which what it sent could not be replayed."""
    return any(name != _KEY_OF_ADDRESSES for name in device.secrets)


def signal_of(device: DeviceSettings) -> str:
    """Return the point that is no word of the device's own: how strongly it is heard."""
    return device.profile.bluetooth.signal if device.profile.bluetooth is not None else ""


async def record_air(
    bus: BusSettings, device: DeviceSettings, clock: Clock, seconds: float, *, own: bool
) -> AirRecording:
    """Listen to ``device`` for so long; raises what ``watch`` does."""
    found = AirRecording(device, own)
    await watch(bus, device, clock, found.tally, found.told.append, seconds=seconds)
    return found


def as_yaml(found: AirRecording, version: str) -> str:
    """Return the file's text; see ``docs/field-work.md`` for its keys."""
    return "\n".join(_lines(found, version)) + "\n"


def _lines(found: AirRecording, version: str) -> Iterator[str]:
    device = found.device
    yield f"# {device.profile.id}, recorded by edge-agent {version} and redacted. 由 edge-agent record 录制, 已脱敏。"
    if found.own:
        yield "# Real values of the person who wore it and recorded it. 数值是录制者本人佩戴时的真实数值。"
    yield f"recording: {FORMAT}"
    yield f"profile: {device.profile.id}"
    yield "bus: ble"
    known_by = _known_by(device)
    macs = [name for name, option in device.profile.options.items() if option.type == "mac"]
    options = {**redacted_options(device), **dict.fromkeys(macs, MADE_UP), **known_by}
    yield f"options: {json.dumps(options, ensure_ascii=False)}"
    if names := _names(device):
        yield f"name: {json.dumps(names[0], ensure_ascii=False)}"
    yield "heard:"
    start = found.told[0].at if found.told else 0
    for shown in found.told:
        yield from _heard(shown, start, _made_up_bytes(device, known_by, shown.address), signal_of(device))


def _heard(shown: Shown, start: int, made_up: Mapping[bytes, bytes], signal: str) -> Iterator[str]:
    yield f"  - after_ms: {(shown.at - start) / 1000:.1f}"
    if shown.source:
        yield f"    characteristic: {shown.source}"
    data = {element.where: _replaced(element.data, made_up).hex(" ").upper() for element in shown.elements}
    yield f"    data: {json.dumps(data)}"
    if shown.uuids:
        yield f"    uuids: {json.dumps(shown.uuids)}"
    if shown.error:
        yield f"    error: {shown.error.partition(':')[0]}"
    points = [made for made in shown.made if not made.is_event and made.why != "absent" and made.key != signal]
    if points:
        yield f"    values: {json.dumps({made.key: made.value for made in points}, ensure_ascii=False)}"
    if bad := {made.key: describe_quality(made.quality) for made in points if made.quality}:
        yield f"    quality: {json.dumps(bad)}"
    if events := [[made.key, made.value] for made in shown.made if made.is_event and not made.why]:
        yield f"    events: {json.dumps(events)}"


def _known_by(device: DeviceSettings) -> dict[str, Scalar]:
    """Return made-up values for the texts that ``device`` is known by: as many digits, all but the last 0."""
    wanted = device.profile.bluetooth.identity.values() if device.profile.bluetooth is not None else ()
    kinds = device.profile.options
    texts = {
        name: value
        for name in wanted
        if isinstance(value := device.options.get(name), str) and kinds[name].type != "mac"
    }
    return {name: "".join("-" if one == "-" else "0" for one in text[:-1]) + "1" for name, text in texts.items()}


def _names(device: DeviceSettings) -> Sequence[str]:
    """Return the beginnings of local names that the profile asks for: the rest of a name may be a person's."""
    bluetooth = device.profile.bluetooth
    return [] if bluetooth is None else [advert.name for advert in bluetooth.adverts if advert.name]


def _made_up_bytes(device: DeviceSettings, known_by: Mapping[str, Scalar], address: str) -> dict[bytes, bytes]:
    """Return what stands in the data for what a device is known by, either way round, and what to put there."""
    found: dict[bytes, bytes] = {}
    pairs = [(address, MADE_UP), *((str(device.options[name]), str(value)) for name, value in known_by.items())]
    for real, invented in pairs:
        try:
            old, new = (bytes.fromhex(text.replace(":", "").replace("-", "")) for text in (real, invented))
        except ValueError:
            old, new = real.encode(), invented.encode()
        found |= {old: new, old[::-1]: new[::-1]}
    return found


def _replaced(data: bytes, made_up: Mapping[bytes, bytes]) -> bytes:
    for old, new in made_up.items():
        data = data.replace(old, new) if old else data
    return data
