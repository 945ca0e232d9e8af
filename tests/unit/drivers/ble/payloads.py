"""Payloads that between them have every field of every format, for who needs one of each."""

from collections.abc import Mapping
from typing import Any, Final

MOMENT = "dc070c050b321b"
CHARACTERISTICS: Final[Mapping[str, tuple[str, ...]]] = {
    "heart_rate": ("1e5532002100",),
    "body_sensor_location": ("01",),
    "temperature": (f"06b00e00fe{MOMENT}04",),
    "blood_pressure": (f"1e780050005d00{MOMENT}4800010000",),
    "pulse_oximeter": ("1c6100480020000100002000",),
    "pulse_oximeter_spot": (f"0f61004800{MOMENT}20000100002000",),
    "weight": (f"0e5c2b{MOMENT}01e600bc06",),
    "battery_level": ("64",),
    "ibeacon": ("02154142434445464748494041424344454600010002f8",),
    "altbeacon": ("beac2f234454cf6d4a0fadf2f4911ba9ffa600010002c509",),
    "eddystone_uid": ("00eb00112233445566778899aabbccddeeff0000",),
    "eddystone_tlm": ("20000b1847110000146700002ac4",),
    "miband": ("020aff54ffffffffffffffffffffffffff03c5093f890b4b",),
}
"""Payloads of bytes alone, hex, by format."""

LIBRARIES: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("fcd2", "40002e01641e012e34451601",
     {"packet_id": 46, "battery_pct": 100, "humidity_pct": 52, "temperature_c": 27.8, "light": True}),
    ("fcd2", "4000073a02", {"packet_id": 7, "button": "double_press"}),
    ("fcd2", "403a003a01", {"button_2": "press"}),
    ("fcd2", "401501", {"battery_low": True}),
    ("fcd2", "40075027", {"mass_kg": 45.65}),
    ("181d", "229e43e507040b101301", {"mass_kg": 86.55, "mass_non_stabilized_kg": 86.55, "stabilized": True}),
    ("fe95", "30585b0501b2188d38c1a4", {}),
)  # fmt: skip
"""Service data in clear with its fields, for the libraries' formats."""
