"""How sensors of several makers lay out their advertisements, as field maps: what a profile must be able to say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from config.bluetooth import FIELDS, Field

ANY = range(256)


@dataclass(frozen=True)
class Layout:
    """One kind of advertisement: where it lies, our fields, and the source's ``names`` of them. ``made`` is what their
    program computes from several fields.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    company: int = -1
    service: str = ""
    starts: str = ""
    sizes: range = ANY
    format: str = FIELDS
    names: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)


def _holyiot(kind: int, **how: Any) -> Field:
    return Field(**({"at": 11} | how), only_if={"kind": kind})


HOLYIOT = {
    "battery": Field(at=1),
    "kind": Field(at=10),
    "temperature": _holyiot(1, type="u8"),
    "pressure": _holyiot(2, type="i16", order="big", offset=80000),
    "humidity": _holyiot(3),
    "vibration": _holyiot(4),
    "side": _holyiot(5),
    "remote single press": _holyiot(6),
}


def _jaalee(at: int, battery: int) -> dict[str, Field]:
    return {
        "temperature": Field(at=at, type="u16", order="big", scale=175 / 65535, offset=-45, decimals=2),
        "humidity": Field(at=at + 2, type="u16", order="big", scale=100 / 65535, decimals=2),
        "battery": Field(at=battery),
    }


KKM = {
    "voltage": Field(at=3, type="u16", order="big", scale=0.001),
    "temperature": Field(at=5, type="fixed88", order="big"),
    "humidity": Field(at=7, type="fixed88", order="big"),
    "acceleration x": Field(at=9, type="i16", order="big"),
    "acceleration y": Field(at=11, type="i16", order="big"),
    "acceleration z": Field(at=13, type="i16", order="big"),
}
MISCALE_V1 = {
    "unit": Field(at=0, mask=0x11),
    "stabilized": Field(at=0, mask=0x20),
    "weight removed": Field(at=0, mask=0x80),
    "kg": Field(at=1, type="u16", scale=0.005, only_if={"unit": 0}),
    "lb": Field(at=1, type="u16", scale=0.0045359237, decimals=3, only_if={"unit": 1}),
    "catty": Field(at=1, type="u16", scale=0.005, only_if={"unit": 16}),
}
MISCALE_V2 = {
    "pounds": Field(at=0, mask=0x01),
    "catty": Field(at=1, mask=0x40),
    "stabilized": Field(at=1, mask=0x20),
    "weight removed": Field(at=1, mask=0x80),
    "impedance settled": Field(at=1, mask=0x02),
    "kg": Field(at=11, type="u16", scale=0.005, only_if={"pounds": 0}),
    "lb": Field(at=11, type="u16", scale=0.0045359237, decimals=3, only_if={"pounds": 1}),
    "impedance": Field(at=9, type="u16", only_if={"impedance settled": 1}),
}
AMAZFIT_SCALE = {
    "marker": Field(at=9, type="u24"),
    "kg": Field(at=7, type="u16", scale=0.005),
    "weight": Field(at=7, type="u16", scale=0.005, unless={"marker": 0}),
    "impedance": Field(at=5, type="u16", scale=0.1, unless={"marker": 0}),
    "pulse": Field(at=12, unless={"marker": 0}),
}
SENSSUN = {
    "weight": Field(at=10, type="u16", order="big", scale=0.01),
    "impedance": Field(at=12, type="u16", order="big"),
    "settled": Field(at=14, mask=0xA0),
}
TELTONIKA_EYE = {
    "has temperature": Field(at=1, mask=0x01),
    "has humidity": Field(at=1, mask=0x02),
    "has magnet": Field(at=1, mask=0x04),
    "has movement": Field(at=1, mask=0x10),
    "has angle": Field(at=1, mask=0x20),
    "has voltage": Field(at=1, mask=0x80),
    "magnetic field detected": Field(at=1, mask=0x08, only_if={"has magnet": 1}),
    "flags": Field(at=1),
    "temperature": Field(at="next", type="i16", order="big", scale=0.01, only_if={"has temperature": 1}),
    "humidity": Field(at="next", only_if={"has humidity": 1}),
    "movement": Field(at="next", type="u16", order="big", only_if={"has movement": 1}),
    "pitch": Field(at="next", type="i8", only_if={"has angle": 1}),
    "roll": Field(at="next", type="i16", order="big", only_if={"has angle": 1}),
    "voltage": Field(at="next", scale=0.01, offset=2.0, only_if={"has voltage": 1}),
}


def _weight(found: dict[str, Any]) -> float:
    weight: float = next(found[unit] for unit in ("kg", "lb", "catty") if unit in found)
    return weight


def _settled(found: dict[str, Any]) -> float:
    assert found["stabilized"] == 1
    assert found["weight removed"] == 0
    return _weight(found)


SCALE = {"non-stabilized weight": _weight, "stabilized weight": _settled, "weight": _settled}
PROXIMITY = {"measured_power_dbm": "measured power"}
BARE_UUID = {
    "uuid": lambda found: found["uuid"].replace("-", ""),
    "tracker_id": lambda found: found["uuid"].replace("-", ""),
}

LAYOUTS: Mapping[str, tuple[Layout, ...]] = {
    "altbeacon": (
        Layout(company=0xFFFF, format="altbeacon", names=PROXIMITY, made=BARE_UUID),
        Layout(company=0x0118, format="altbeacon", names=PROXIMITY, made=BARE_UUID),
    ),
    "ibeacon": (Layout(company=0x004C, format="ibeacon", names=PROXIMITY, made=BARE_UUID),),
    "amazfit": (
        Layout(
            AMAZFIT_SCALE, service="fee0", sizes=range(20, 21),
            made={"non-stabilized weight": _weight, "stabilized": lambda found: int(found["marker"] != 0)},
        ),
        Layout(company=0x0157, format="miband", names={"heart_rate": "heart rate"}),
    ),
    "holyiot": (Layout(HOLYIOT, service="5242", starts="41", sizes=range(13, 14)),),
    "jaalee": (
        Layout(_jaalee(7, 0), service="f525", sizes=range(11, 12)),
        Layout(_jaalee(18, 23), company=0x004C, starts="0215ebefd08370a247c89837e7b5634df525", sizes=range(24, 25)),
        Layout(_jaalee(18, 23), company=0x004C, starts="0215ebefd08370a247c89837e7b5634df51c", sizes=range(24, 25)),
    ),
    "kkm": (
        Layout(KKM, service="feaa", starts="2101", sizes=range(15, 16), made={
            # a length of a vector, and a battery's curve, are their program's own
            "acceleration": lambda found: round(sqrt(sum(found[f"acceleration {axis}"] ** 2 for axis in "xyz")), 1),
            "battery": lambda found: 100 if found["voltage"] >= 3 else None,
        }),
    ),
    "miscale": (
        Layout(MISCALE_V1, service="181d", sizes=range(10, 11), made=SCALE),
        Layout(MISCALE_V2, service="181b", sizes=range(13, 14), made=SCALE),
    ),
    "senssun": (
        Layout(SENSSUN, company=0x0100, starts="0203", sizes=range(17, 18),
               made={"stabilized": lambda found: int(found["settled"] == 0b101)}),
    ),
    "teltonika": (
        Layout({"temperature": Field(at=0, type="i16", scale=0.01)}, service="2a6e"),
        Layout({"humidity": Field(at=0)}, service="2a6f"),
        Layout(TELTONIKA_EYE, company=0x089A, starts="01", made={
            "moving": lambda found: found["movement"] >> 15,
            "movement counter": lambda found: found["movement"] & 0x7FFF,
        }),
    ),
}  # fmt: skip
