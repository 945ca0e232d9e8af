"""The device that a technician named, with its line, once it is sure that the line may be used."""

from pathlib import Path

from config.bus_settings import BusSettings
from config.problems import near
from config.settings import DeviceSettings, GatewaySettings
from edge_agent.options import Lang, fail
from edge_agent.technician.lines import settings_of
from edge_agent.technician.obstacles import of_obstacle
from edge_agent.technician.ports import obstacle


def device_at_hand(name: str, config: Path, lang: Lang) -> tuple[GatewaySettings, BusSettings, DeviceSettings]:
    """Return the file's settings, the device ``name`` and its bus, free to be used; else end with a sentence."""
    settings = settings_of(config, lang)
    devices = {device.id: device for device in settings.devices}
    device = devices.get(name)
    if device is None:
        meant, known = near(name, devices), ", ".join(devices) or "—"
        fail(
            f"{config} 里没有设备 {name}; {meant['near_zh']}现有: {known}",
            f"there is no device {name} in {config}; {meant['near_en']}there are: {known}",
            lang,
        )
    bus = next(bus for bus in settings.buses if bus.id == device.bus)
    in_the_way = obstacle(bus)
    if in_the_way is not None:
        fail(of_obstacle(in_the_way, "zh"), of_obstacle(in_the_way, "en"), lang)
    return settings, bus, device
