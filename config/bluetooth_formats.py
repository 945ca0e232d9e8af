"""The formats of Bluetooth data and the names of their fields: what a profile may say, held equal to the drivers."""

import re
from collections.abc import Mapping
from typing import Final

_PROXIMITY = frozenset(("uuid", "major", "minor", "measured_power_dbm"))
_OXIMETER = frozenset((
    "spo2_pct", "pulse_bpm", "amplitude_pct", "measurement_ongoing", "early_estimate", "demonstration", "calibrating",
    "unavailable", "questionable", "invalid", "malfunction", "weak_signal", "low_perfusion", "sensor_off",
))  # fmt: skip

_SWITCHES = (
    "battery_charging", "battery_low", "carbon_monoxide", "cold", "connectivity", "door", "garage_door", "gas",
    "generic", "heat", "light", "lock", "moisture", "motion", "moving", "occupancy", "opening", "plug", "power",
    "presence", "problem", "running", "safety", "smoke", "sound", "tamper", "vibration", "window",
)  # fmt: skip
_BTHOME_NUMBERS = (
    "acceleration_m_s2", "battery_pct", "carbon_dioxide_ppm", "channel", "conductivity_us_cm", "count", "current_a",
    "dew_point_c", "direction_deg", "distance_m", "distance_mm", "duration_s", "energy_kwh", "gas_m3",
    "gyroscope_deg_s", "humidity_pct", "illuminance_lux", "light_level", "mass_kg", "moisture_pct", "packet_id",
    "pm10_ugm3", "pm25_ugm3", "power_w", "precipitation_mm", "pressure_hpa", "raw", "rotation_deg",
    "rotational_speed_rpm", "settings_revision", "speed_m_s", "temperature_c", "text", "timestamp", "uv_index",
    "volatile_organic_compounds_ugm3", "voltage_v", "volume_flow_rate_m3_h", "volume_l", "volume_ml",
    "volume_storage_l", "water_l",
)  # fmt: skip
_MIBEACON_SWITCHES = (
    "antilock", "armed", "asleep", "bottom_submersion", "childlock", "device_forcibly_removed", "door_left_open",
    "door_stuck", "fingerprint", "knock_on_the_door", "occupancy_close_range", "pry_the_door", "stabilized",
    "toothbrush", "top_splash", "wearing",
)  # fmt: skip
_MIBEACON_NUMBERS = (
    "battery_pct", "charging_state", "conductivity_us_cm", "consumable_pct", "counter", "duration_cleared_min",
    "duration_detected_min", "formaldehyde_mg_m3", "heart_rate", "humidity_pct", "illuminance_lux",
    "impedance_high_ohm", "impedance_low_ohm", "impedance_ohm", "key_id", "lock_method", "mass_kg",
    "mass_non_stabilized_kg", "moisture_pct", "packet_id", "pressure_not_present_duration_s",
    "pressure_present_duration_s", "profile_id", "score", "temperature_c", "voltage_v",
)  # fmt: skip
_MIBEACON_EVENTS = ("button", "cube", "dimmer", "error")

FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "heart_rate": frozenset(("heart_rate", "sensor_contact", "energy_expended_kj", "rr_ms")),
    "body_sensor_location": frozenset(("location",)),
    "temperature": frozenset(("temperature_c", "measured_at", "site")),
    "blood_pressure": frozenset((
        "systolic_mmhg", "diastolic_mmhg", "mean_mmhg", "measured_at", "pulse_bpm", "body_moved", "cuff_loose",
        "irregular_pulse",
    )),
    "pulse_oximeter": _OXIMETER,
    "pulse_oximeter_spot": _OXIMETER | {"measured_at"},
    "weight": frozenset(("weight_kg", "measured_at", "bmi", "height_m")),
    "battery_level": frozenset(("battery_pct",)),
    "ibeacon": _PROXIMITY,
    "altbeacon": _PROXIMITY,
    "eddystone_uid": frozenset(("namespace", "instance", "power_0m_dbm")),
    "eddystone_tlm": frozenset(("battery_mv", "temperature_c", "adv_count", "uptime_s")),
    "miband": frozenset(("heart_rate", "address")),
    "bthome": frozenset((*_BTHOME_NUMBERS, *_SWITCHES, "button", "command", "dimmer", "switch")),
    "mibeacon": frozenset((*_MIBEACON_NUMBERS, *_SWITCHES, *_MIBEACON_SWITCHES, *_MIBEACON_EVENTS)),
}  # fmt: skip
"""Fields by format; ``fields`` is not among them, its fields are the profile's own."""

SERVICES: Final[Mapping[str, tuple[str, ...]]] = {"bthome": ("fcd2",), "mibeacon": ("fe95", "181d", "181b")}
"""The service data that a format is for, where it looks at the whole advertisement."""


def has_field(format_: str, name: str) -> bool:
    """Tell whether data in ``format_`` may have the field ``name``: of what an advertisement of BTHome holds more than
    once, each is numbered (``button_2``), and MiBeacon's buttons have names (``button_left``).
    """
    base = name
    if format_ == "bthome":
        base = re.sub(r"_[1-9]\d?$", "", name)
    elif format_ == "mibeacon":
        base = re.sub(r"^button_[a-z_]+$", "button", name)
    return base in FORMATS[format_]
