"""Keys of devices that encrypt: what a secret must look like, told where the file names it and not on the radio."""

import re
from collections.abc import Iterator, Mapping

from config.devices import Devices
from config.hidden import Secret
from config.problems import Problem, problem


def check_keys(devices: Devices, secrets: Mapping[str, Secret]) -> Iterator[Problem]:
    """Yield every secret of a device that is not as many hex ``digits`` as its option wants; never its text."""
    for device in devices.found.values():
        for key, option in device.profile.options.items():
            secret = secrets.get(str(device.options.get(key))) if option.type == "secret" and option.digits else None
            if secret is not None and not re.fullmatch(f"[0-9A-Fa-f]{{{option.digits}}}", secret.reveal()):
                yield problem(
                    "E304", device.node.entries[key].place, key=key, given=device.options[key], digits=option.digits
                )
