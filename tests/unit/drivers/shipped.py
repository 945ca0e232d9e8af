"""The profiles that ship with the project, read as a test needs them: plainly, from their files."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from ruamel.yaml import YAML

import config
from config.address import Scalar
from config.profile import Option, Profile
from config.settings import DeviceSettings

FOLDER = Path(config.__file__).parent / "profiles"
_PROFILE = TypeAdapter(Profile)


@cache
def load(path: Path) -> Profile:
    """Return the profile in one file, which is read once."""
    return _PROFILE.validate_python(YAML(typ="safe", pure=True).load(path))


def modbus_profiles() -> list[Profile]:
    """Return every shipped profile that the Modbus driver serves."""
    profiles = [load(path) for path in sorted(FOLDER.glob("*/*.yaml"))]
    return [profile for profile in profiles if profile.driver == "modbus"]


def shipped(identity: str) -> Profile:
    """Return the profile ``family/vendor-model``."""
    return load(FOLDER / f"{identity}.yaml")


def wired(profile: Profile) -> dict[str, Scalar | dict[str, int]]:
    """Return options with which a device of ``profile`` has every point and every command that there are."""
    far = {level.empty for level in profile.levels}
    return {name: _sample(option, far=name in far) for name, option in profile.options.items()}


def _sample(option: Option, *, far: bool) -> Scalar | dict[str, int]:
    low, high = option.range or (1, 8)
    if option.keys:
        return {key: int(low) + place for place, key in enumerate(option.keys)}
    if option.choices:
        return option.choices[0]
    return option.default if option.default is not None else int(high if far else low)


def made(**parts: Any) -> Profile:
    """Return a profile of the test's own with sensible rest."""
    whole: dict[str, Any] = {
        "id": "test/made",
        "kind": "env_sensor",
        "product": {"zh": "测试", "en": "test"},
        "manual": [],
        "driver": "modbus",
        "transport": {"buses": ["modbus-tcp", "modbus-rtu", "modbus-rtu-tcp"]},
    }
    return _PROFILE.validate_python(whole | parts)


def device(
    profile: Profile, options: Mapping[str, Scalar | dict[str, int]] | None = None, *, unit: int = 1, name: str = "one"
) -> DeviceSettings:
    """Return a device of ``profile`` as the agent would hold it."""
    return DeviceSettings(id=name, name=name, bus="line", unit=unit, profile=profile, options=dict(options or {}))
