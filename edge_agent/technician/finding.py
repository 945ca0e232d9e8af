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
    cameras that did not.
    """

    seconds: float
    answered: tuple[tuple[Found, str], ...]
    silent: tuple[str, ...]


def network(found: Sequence[Found], settings: GatewaySettings | None, seconds: float) -> Network:
    """Return ``found`` beside what the file has."""
    cameras = {} if settings is None else {host: one.id for one in settings.devices if (host := _host(one))}
    answered = tuple((one, cameras.get(one.host, "")) for one in found)
    heard = {one.host for one in found}
    return Network(seconds, answered, tuple(device for host, device in cameras.items() if host not in heard))


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
