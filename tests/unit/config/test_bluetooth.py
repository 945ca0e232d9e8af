"""Bluetooth products as data: what a profile may say, what is found wrong with it, and keys of devices that encrypt."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from config.bluetooth import Bluetooth
from config.bluetooth_formats import FORMATS, has_field
from config.catalog import load_class
from config.fitting import mismatches
from config.load import load
from config.profile import Profile
from tests.unit.drivers.shipped import made

SOUND: dict[str, Any] = {
    "company": 0xFFFF,
    "fields": {"flags": {"at": 0}, "sos": {"at": 0, "mask": 1}, "number": {"at": 1}},
    "points": [{"key": "battery_pct", "source": "flags"}],
    "events": [{"name": "pressed", "source": "sos", "number": "number"}],
}


def pendant(*adverts: dict[str, Any], **more: Any) -> Profile:
    """Return a pendant with these advertisements."""
    bluetooth = {"adverts": adverts} | more.pop("bluetooth", {})
    options = {"mac": {"type": "mac", "help": {"zh": "地址", "en": "address"}}}
    parts = {"kind": "sos_button", "driver": "ble", "silence": "1h", "options": options, "bluetooth": bluetooth}
    return made(**parts | more)


def wrong(*adverts: dict[str, Any], **more: Any) -> list[str]:
    """Return what is wrong with it."""
    return mismatches(pendant(*adverts, **more), load_class("sos_button"))


def test_a_sound_product_has_nothing_wrong() -> None:
    assert wrong(SOUND) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "morse"}, "advert 0: there is no format morse"),
        ({"format": "ibeacon"}, "advert 0: fields belong to the format fields"),
        ({"service": "fcd2"}, "advert 0: company is a number up to 0xFFFF, and not beside service"),
        ({"company": 0x10000}, "advert 0: company is a number up to 0xFFFF, and not beside service"),
        ({"company": None}, "advert 0: needs company, service, uuid or name"),
        ({"company": None, "name": "P"}, "advert 0: has no data without company or service"),
        ({"uuid": "18"}, "advert 0: '18' is no UUID"),
        ({"starts": "4c4"}, "advert 0: starts '4c4' is no hex"),
        ({"length": (9, 6)}, "advert 0: length (9, 6) is no span"),
        ({"points": [{"key": "battery_pct"}]}, "advert 0: there is no field battery_pct"),
        ({"points": [{"key": "steps", "source": "flags"}]}, "class sos_button has no point steps"),
        ({"events": [{"name": "sneezed", "source": "sos"}]}, "advert 0: class sos_button has no event sneezed"),
        ({"events": [{"name": "pressed", "source": "cry"}]}, "advert 0: there is no field cry"),
        ({"events": [{"name": "pressed", "source": "sos", "number": "no"}]}, "advert 0: there is no field no"),
        (
            {"events": [{"name": "pressed", "source": "sos", "edge": "packets"}]},
            "advert 0: event pressed: packets need their number",
        ),
        (
            {"events": [{"name": "pressed", "source": "sos", "edge": "told"}]},
            "advert 0: event pressed: an advertisement repeats itself, so told is for characteristics",
        ),
        (
            {"events": [{"name": "pressed", "source": "sos", "fields": {"how": {"source": "sos"}}}]},
            "advert 0: event pressed has no field how",
        ),
        ({"fields": SOUND["fields"] | {"x": {"at": 2, "mask": 256}}}, "advert 0: field x: its mask does not fit a u8"),
        (
            {"fields": SOUND["fields"] | {"x": {"at": 2, "length": 3}}},
            "advert 0: field x: only hex and text have a length",
        ),
        (
            {"fields": SOUND["fields"] | {"x": {"at": 2, "type": "hex", "scale": 2}}},
            "advert 0: field x: a hex is no number",
        ),
        (
            {"fields": SOUND["fields"] | {"x": {"at": 2, "only_if": {"y": 1}}}},
            "advert 0: field x depends on y, which is no earlier field",
        ),
    ],
)
def test_every_mistake_is_named(change: dict[str, Any], said: str) -> None:
    assert said in wrong(SOUND | change)


def test_formats_that_need_their_service() -> None:
    bthome = {"service": "fe95", "format": "bthome", "events": [{"name": "pressed", "source": "button_2"}]}
    assert wrong(bthome) == ["advert 0: format bthome is for service fcd2"]
    read = {"service": "fcd2", "characteristic": "2a19", "format": "bthome"}
    visit = {"visit": {"when": "every", "period": "soon", "reads": [read]}}
    assert wrong(SOUND, bluetooth=visit) == [
        "visit: period 'soon' is no duration",
        "characteristic 2a19: format bthome is for advertisements",
    ]


def test_identity_and_commands() -> None:
    said = wrong(SOUND, bluetooth={"identity": {"serial": "plate"}})
    assert said == ["identity: there is no option plate", "identity: there is no field serial"]
    gatt = {"service": "1802", "characteristic": "6", "value": "0"}
    said = wrong(SOUND, commands={"ack_light": {"gatt": gatt}})
    assert said == ["command ack_light: '6' is no UUID", "command ack_light: value '0' is no hex"]
    assert wrong(bluetooth={"adverts": []}) == ["bluetooth needs adverts or a visit"]


def test_what_is_heard_more_than_once_is_numbered() -> None:
    assert has_field("bthome", "button_2")
    assert not has_field("bthome", "button_x")
    assert not has_field("mibeacon", "temperature_c_2")
    assert "fields" not in FORMATS


def test_a_key_is_unknown_where_it_is_misspelt() -> None:
    with pytest.raises(ValueError, match="unexpected"):
        TypeAdapter(Bluetooth).validate_python({"advertisements": []}, strict=False)


@pytest.mark.parametrize(
    ("key", "code"),
    [("231d39c1d7cc1ab1aee224cd096db932", []), ("231d39c1", ["E304"]), ("xyz" * 10 + "00", ["E304"])],
)
def test_a_bindkey_is_32_hex_digits(tmp_path: Path, key: str, code: list[str]) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "door").write_text(f"{key}\n", "utf-8")
    (secrets / "door").chmod(0o600)
    file = tmp_path / "gateway.yaml"
    device = "{name: 门, profile: home/bthome-door, bus: air, mac: 'A4:C1:38:8D:18:B2', bindkey: !secret door}"
    head = "version: 1\nsite: {code: 330402-test, name: 测试}\nbuses: {air: {type: ble}}\n"
    file.write_text(f"{head}devices:\n  d: {device}\n", "utf-8")
    found = load(file).problems
    assert [each.code for each in found] == code
    assert key not in "".join(str(each.fields) for each in found)
