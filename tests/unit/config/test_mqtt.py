"""Devices on a broker: the bus, what a device there may be given, and profiles of messages held against their class."""

from pathlib import Path
from typing import Any

import pytest

from config.bus_settings import MqttBus
from config.catalog import CatalogError, read_profile
from config.load import load
from edge_agent.plan import MISSED, plan_site

HEAD = "version: 1\nsite: {code: 330402-test, name: 测试}\n"
BUSES = """buses:
  broker: {type: mqtt, host: 127.0.0.1, username: linli, password: !secret mqtt, tls: true, port: 8883, timeout: 5s}
  second: {type: mqtt, host: 127.0.0.1, port: 8883}
  lan: {type: modbus-tcp, host: 10.0.0.1}
"""


def _load(folder: Path, devices: str) -> Any:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "mqtt").write_text("geheim\n", "utf-8")
    (secrets / "mqtt").chmod(0o600)
    file = folder / "gateway.yaml"
    file.write_text(f"{HEAD}{BUSES}devices:\n  d: {{name: 呼救, {devices}}}\n", "utf-8")
    return load(file)


def test_a_broker_is_a_bus_with_its_secret_and_may_be_shared(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "profile: sos/json-pendant, bus: broker, id: sos-1")
    assert loaded.problems == ()
    first, second, _ = loaded.settings.buses
    assert first.password.reveal() == "geheim"
    assert first == MqttBus(
        id="broker", type="mqtt", host="127.0.0.1", port=8883, username="linli", password=first.password, tls=True,
        timeout_s=5.0,
    )  # fmt: skip
    assert second == MqttBus(id="second", type="mqtt", host="127.0.0.1", port=8883)


@pytest.mark.parametrize(("more", "silence_s"), [("", 26 * 3600), (", every: 8h", MISSED * 8 * 3600)])
def test_how_long_it_may_be_silent_is_the_profiles_word_or_the_sites(
    tmp_path: Path, more: str, silence_s: float
) -> None:
    loaded = _load(tmp_path, f"profile: sos/json-pendant, bus: broker, id: sos-1{more}")
    plan = plan_site(loaded.settings).devices["d"]
    assert plan.silence_s == silence_s
    assert {point.period_s for point in plan.points} == {silence_s / MISSED}


def test_a_device_that_is_asked_has_no_silence(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "profile: siren/waveshare-relay-d8, bus: lan, unit: 1, relay: 1, every: 1s")
    assert plan_site(loaded.settings).devices["d"].silence_s == 0


@pytest.mark.parametrize(
    ("device", "code"),
    [
        ("profile: sos/json-pendant, bus: broker", "E102"),
        ("profile: sos/json-pendant, bus: broker, id: sos-1, unit: 3", "E101"),
        ("profile: sos/json-pendant, bus: lan, id: sos-1, unit: 3", "E111"),
        ("profile: siren/waveshare-relay-d8, bus: broker, relay: 1", "E111"),
    ],
)
def test_what_cannot_be_is_a_mistake(tmp_path: Path, device: str, code: str) -> None:
    assert code in [problem.code for problem in _load(tmp_path, device).problems]


GOOD = """id: x/y
kind: gas_detector
product: {zh: 气, en: gas}
manual: [here]
driver: mqtt
transport: {buses: [mqtt]}
silence: 1h
messages:
  - topic: a/b
    points: [{key: valve_open, at: /v, type: bool}]
    events: [{name: gas_alarm, when: {/e: [1]}}]
commands:
  close_valve: {publish: {topic: a/set, body: {v: 0}}, readback: [valve_open], expect: {valve_open: false}}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("silence: 1h\n", "", "belong together"),
        ("silence: 1h", "silence: often", "no duration"),
        ("name: gas_alarm", "name: gas_party", "no event gas_party"),
        ("when: {/e: [1]}", "when: {/e: [1]}, fields: {colour: {at: /c}}", "no field colour"),
        ("at: /v", "at: v", "no JSON Pointer"),
        ("key: valve_open", "key: valve_wide", "no point valve_wide"),
        (", expect: {valve_open: false}", "", "needs expect"),
        ("readback: [valve_open], ", "", "does not read back"),
        ("publish: {topic: a/set, body: {v: 0}}, ", "", "one of writes, publish, gatt and camera"),
    ],
)
def test_a_profile_of_messages_is_held_against_its_class(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "x" / "y.yaml"
    file.parent.mkdir()
    file.write_text(GOOD, "utf-8")
    assert read_profile(tmp_path, "x/y").keys() == ("valve_open",)
    read_profile.cache_clear()
    assert old in GOOD
    file.write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(CatalogError, match=said):
        read_profile(tmp_path, "x/y")
