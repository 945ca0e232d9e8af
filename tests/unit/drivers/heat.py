"""A heat meter's layout as a profile of the tests' own: the catalogue has no class of heat meters to ship one for."""

from tests.unit.drivers.shipped import made

_KEYS = (("energy_kwh", 5, "kWh"), ("power_w", 10, "W"), ("flow_m3h", 15, "m3/h"), ("volume_m3", 20, "m3"))

HEAT = made(
    driver="cjt188",
    kind="water_meter",
    transport={"buses": ["cjt188-serial", "cjt188-tcp"]},
    items=[
        {
            "item": "901F",
            "size": 43,
            "points": [
                *(
                    {"key": key, "at": at, "length": 4, "scale": 0.01, "unit": unit, "unit_at": at + 4}
                    for key, at, unit in _KEYS
                ),
                {"key": "supply_c", "at": 25, "length": 3, "scale": 0.01},
                {"key": "return_c", "at": 28, "length": 3, "scale": 0.01},
            ],
        }
    ],
)
"""CJ/T 188-2004 type 20H: energy of the last account and now, power, flow, volume, each with its unit, temperatures."""
