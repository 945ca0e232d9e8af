"""The gateway's file for a number of simulated wearables: what a technician would write who knows them all."""

from pathlib import Path

from config.catalog import load_profile
from config.load import load
from config.settings import GatewaySettings
from simulators.ble.wearables.homes import HomeSensor
from simulators.ble.wearables.tags import IBeacon
from simulators.ble.wearables.wearable import Wearable

PROFILES = {
    "sos-pendant": "sos/ble-field-map",
    "fall-band": "band/pendant-with-fall",
    "hr-band": "band/heart-rate",
    "mi-band": "band/miband-adv",
    "ibeacon": "band/beacon-ibeacon",
    "altbeacon": "band/beacon-altbeacon",
    "eddystone-tlm": "band/beacon-eddystone",
    "bthome-button": "sos/bthome-button",
    "bthome-door": "home/bthome-door",
    "bthome-motion": "home/bthome-motion",
    "bthome-thermometer": "env/bthome",
    "mibeacon-motion": "home/mibeacon-motion",
    "blood-pressure-cuff": "health/blood-pressure",
    "thermometer": "health/thermometer",
    "oximeter": "health/pulse-oximeter",
    "scale": "health/weight-scale",
}
"""Which profile each kind is described by; the others are strangers."""

EVENTS = {
    ("sos-pendant", "sos"): "pressed",
    ("sos-pendant", "test"): "test_pressed",
    ("fall-band", "sos"): "sos_pressed",
    ("fall-band", "fall"): "fall_detected",
}
"""What a kind of happening is called by the profile."""


def settings_of(wearables: dict[str, Wearable], folder: Path, *, bus: str = "type: ble") -> GatewaySettings:
    """Write the file, its secrets beside it, and return what it says: every device that some profile
    can know is in it.
    """
    lines = ["version: 1", "site: {code: 330402-air, name: 空中}", f"buses: {{ble: {{{bus}}}}}", "devices:"]
    lines += devices_of(wearables, folder)
    file = folder / "gateway.yaml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    loaded = load(file)
    assert loaded.settings is not None, [problem.message("en") for problem in loaded.problems]
    return loaded.settings


def devices_of(wearables: dict[str, Wearable], folder: Path) -> list[str]:
    """Return the lines of the devices that some profile can know, and write their secrets to ``folder``."""
    secrets, lines = folder / "secrets", []
    secrets.mkdir(mode=0o700, exist_ok=True)
    for name, one in wearables.items():
        profile = PROFILES.get(one.model)
        if profile is not None and (not one.body.irk or "irk" in load_profile(profile).options):
            lines.append(f"  {name}: {{name: {name}, profile: {profile}, bus: ble, {_known_by(name, one, secrets)}}}")
    return lines


def _known_by(name: str, one: Wearable, secrets: Path) -> str:
    said = []
    if one.body.irk:
        said.append(f"irk: !secret {_kept(secrets, f'{name}-irk', one.body.irk)}")
    else:
        said.append(f'mac: "{one.address}"')
    if isinstance(one, HomeSensor) and one.key:
        said.append(f"bindkey: !secret {_kept(secrets, f'{name}-key', one.key)}")
    if isinstance(one, IBeacon):
        said = [f'uuid: "{one.uuid}", major: {one.major}, minor: {one.minor}']
    return ", ".join(said)


def _kept(secrets: Path, name: str, key: bytes) -> str:
    file = secrets / name
    file.write_text(key.hex() + "\n", "utf-8")
    file.chmod(0o600)
    return name
