"""A camera's settings as the driver is given them, for the tests to vary."""

from config.catalog import load_profile
from config.hidden import Secret
from config.settings import DeviceSettings
from drivers.onvif.target import Target
from drivers.onvif.targets import target_of


def settings(profile: str = "anpr/onvif", **options: str | int | bool) -> DeviceSettings:
    """Return a device of ``profile``."""
    return DeviceSettings(
        id="gate-cam",
        name="东门相机",
        bus="cams",
        unit=0,
        profile=load_profile(profile),
        options={"address": "http://192.0.2.7", **options},
        secrets={"password": Secret("p@ss/wörd")},
    )


def target(profile: str, **options: str | int | bool) -> Target:
    """Return what the driver makes of it."""
    return target_of(settings(profile, **options))
