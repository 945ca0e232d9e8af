"""Cameras and door stations that answer on the networks of the box: which the file has, and how to add the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from config.settings import DeviceSettings, GatewaySettings
from drivers.api import Found
from edge_agent.technician.suggestion import SecretName, Suggestion

PROFILE = "camera/onvif"
"""What any of them can be; a more exact model is for the technician to choose."""

_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Network:
    """Who answered within ``seconds``, each with the device of the file that it is (empty: none), and the file's
    cameras that did not. ``changed`` are those devices whose certificate is not the one that the file pins.
    """

    seconds: float
    answered: tuple[tuple[Found, str], ...]
    silent: tuple[str, ...]
    changed: frozenset[str] = frozenset()


def network(found: Sequence[Found], settings: GatewaySettings | None, seconds: float) -> Network:
    """Return ``found`` beside what the file has."""
    cameras = {} if settings is None else {host: one for one in settings.devices if (host := _host(one))}
    answered = tuple((one, cameras[one.host].id if one.host in cameras else "") for one in found)
    heard = {one.host: one for one in found}
    silent = tuple(device.id for host, device in cameras.items() if host not in heard)
    changed = (device.id for host, device in cameras.items() if host in heard and _differs(device, heard[host]))
    return Network(seconds, answered, silent, frozenset(changed))


def address(one: Found) -> str:
    """Return where it answers, as the option ``address`` of a device says it."""
    scheme = "https" if one.tls else "http"
    return f"{scheme}://{one.host}" + ("" if one.port == _USUAL[scheme] else f":{one.port}")


def to_add(found: Network, settings: GatewaySettings | None) -> Suggestion:
    """Return what the file lacks, all of it ``locked``: a camera is added by who has its password."""
    made = Suggestion()
    buses = [] if settings is None else [bus.id for bus in settings.buses if bus.type == "onvif"]
    taken = set() if settings is None else {device.id for device in settings.devices}
    for one, device in found.answered:
        if device:
            continue
        name = _free({*taken, *made.locked})
        if not buses and not made.buses:
            made.buses["cameras"] = {"type": "onvif"}
        made.locked[name] = {
            "name": f"{one.maker} {one.model}".strip() or one.host,
            "profile": PROFILE,
            "bus": buses[0] if buses else "cameras",
            "address": address(one),
            "password": SecretName(f"{name}-password"),
            **({"pin": one.fingerprint} if one.fingerprint else {}),
        }
    return made


def _differs(device: DeviceSettings, one: Found) -> bool:
    pin = device.options.get("pin")
    known = pin.replace(":", "").lower() if isinstance(pin, str) else ""
    return bool(known and one.fingerprint) and known != one.fingerprint


def _host(device: DeviceSettings) -> str:
    said = device.options.get("address")
    if device.profile.driver != "onvif" or not isinstance(said, str):
        return ""
    try:
        return urlsplit(said if "://" in said else f"//{said}").hostname or ""
    except ValueError:
        return ""


def _free(taken: Collection[str]) -> str:
    number = 1
    while f"camera-{number}" in taken:
        number += 1
    return f"camera-{number}"
