"""The demonstration without its wearables, for machines where the message bus that they need is not installed."""

from io import StringIO

from ruamel.yaml import YAML

_AIR = "ble"


def without_air(text: str) -> str:
    """Return a community's or a gateway's file without its Bluetooth buses and what is on them."""
    yaml = YAML()
    yaml.width = 200
    document = yaml.load(text)
    airs = [name for name, bus in document["buses"].items() if bus["type"] == _AIR]
    for name in [name for name, device in document["devices"].items() if device.get("bus") in airs]:
        del document["devices"][name]
    for name in airs:
        del document["buses"][name]
    written = StringIO()
    yaml.dump(document, written)
    return written.getvalue()
