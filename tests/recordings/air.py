"""What devices sent through the air, as `edge-agent record` keeps it: read so that tests decode it again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from config.catalog import load_profile
from config.settings import DeviceSettings
from drivers.ble.advertisement import Advertisement
from drivers.ble.decode import DeviceDecoder
from drivers.ble.decoded import Meaning
from wire.reading import Value, describe_quality

ADDRESS = "C2:00:00:00:00:01"
HOME = Path(__file__).parent / "radio"


@dataclass(frozen=True, slots=True)
class Told:
    """One advertisement, or the ``value`` of a ``characteristic``, and what was made of it then."""

    heard: Advertisement
    characteristic: str
    value: bytes
    values: dict[str, Value]
    quality: dict[str, str]
    events: tuple[tuple[str, str], ...]


def load(path: Path) -> tuple[DeviceSettings, list[Told]]:
    """Return the device in a recording and what it told; ``KeyError`` or ``ValueError`` where it is none."""
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    if (raw["recording"], raw["bus"]) != (2, "ble"):
        raise ValueError(f"{path.name}: a recording of another format")
    device = DeviceSettings(
        id="recorded", name="recorded", bus="air", unit=0, profile=load_profile(raw["profile"]), options=raw["options"]
    )
    return device, [_told(one, raw.get("name", "")) for one in raw["heard"]]


def replay(device: DeviceSettings, told: list[Told]) -> list[tuple[dict[str, Value], dict[str, str], Any]]:
    """Return values, qualities and events as they are decoded today."""
    decoder = DeviceDecoder(device)
    found = []
    for one in told:
        meaning = _decoded(decoder, device, one)
        values = {key: value for key, (value, _) in meaning.values.items()}
        bad = {key: describe_quality(quality) for key, (_, quality) in meaning.values.items() if quality}
        found.append((values, bad, tuple((each.name, each.number) for each in meaning.occurrences)))
    return found


def _decoded(decoder: DeviceDecoder, device: DeviceSettings, told: Told) -> Meaning:
    if not told.characteristic:
        return decoder.advertisement(told.heard) or Meaning({})
    visit = device.profile.bluetooth.visit if device.profile.bluetooth is not None else None
    reads = visit.reads if visit is not None else ()
    which = next(read for read in reads if f"{read.service}/{read.characteristic}" == told.characteristic)
    return decoder.characteristic(which, told.value)


def _told(raw: dict[str, Any], name: str) -> Told:
    data = {where: bytes.fromhex(octets) for where, octets in raw["data"].items()}
    heard = Advertisement(
        address=ADDRESS,
        at=round(raw["after_ms"] * 1000),
        name=name,
        companies={int(where[8:], 16): octets for where, octets in data.items() if where.startswith("company ")},
        services={where[8:]: octets for where, octets in data.items() if where.startswith("service ")},
        uuids=tuple(raw.get("uuids", ())),
        receiver="hci0",
        address_type="random",
    )
    characteristic = raw.get("characteristic", "")
    events = tuple((name, number) for name, number in raw.get("events", ()))
    value = data.get(characteristic, b"")
    return Told(heard, characteristic, value, raw.get("values", {}), raw.get("quality", {}), events)
