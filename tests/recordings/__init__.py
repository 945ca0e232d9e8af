"""What devices in the field said, byte for byte: recordings of `edge-agent record`, read so that tests replay them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from config.address import Scalar
from config.catalog import load_profile
from config.profile import Profile
from config.settings import DeviceSettings
from wire.reading import Value

HOME = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """One reading: the bytes we ``sent`` and those that ``came``, in pairs, and the values and qualities made of them;
    ``error`` is the word of what went wrong instead.
    """

    exchanges: tuple[tuple[bytes, bytes], ...]
    values: dict[str, Value]
    quality: dict[str, str]
    error: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One file. ``bus`` is the type of the line; ``device`` is made of the model, options, habits and address in it."""

    name: str
    bus: str
    device: DeviceSettings
    polls: tuple[RecordedPoll, ...]


def recordings() -> list[Path]:
    """Return every recording there is."""
    return sorted(HOME.glob("*.yaml"))


def load(path: Path) -> Recording:
    """Return the recording in one file; ``KeyError`` or ``ValueError`` where it is none."""
    raw: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    if raw["recording"] != 1:
        raise ValueError(f"{path.name}: a recording of another format")
    device = DeviceSettings(
        id="recorded",
        name="recorded",
        bus="line",
        unit=raw["unit"],
        profile=_profile(raw),
        options=_options(raw["options"]),
    )
    return Recording(path.stem, raw["bus"], device, tuple(_poll(poll) for poll in raw["polls"]))


def _profile(raw: dict[str, Any]) -> Profile:
    profile = load_profile(raw["profile"])
    return replace(profile, transport=replace(profile.transport, **raw.get("transport", {})))


def _options(raw: dict[str, Any]) -> dict[str, Scalar | dict[str, int]]:
    return {name: dict(value) if isinstance(value, dict) else value for name, value in raw.items()}


def _poll(raw: dict[str, Any]) -> RecordedPoll:
    exchanges: list[tuple[bytes, bytes]] = []
    for _, way, octets in raw["frames"]:
        data = bytes.fromhex(octets)
        if way == ">":
            exchanges.append((data, b""))
        elif exchanges:
            sent, came = exchanges[-1]
            exchanges[-1] = sent, came + data
    return RecordedPoll(tuple(exchanges), raw.get("values", {}), raw.get("quality", {}), raw.get("error", ""))
