"""Cameras in a gateway file: addresses, certificates, who calls, and that each is there once."""

from pathlib import Path

import pytest

from config.load import load

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  cams: {type: onvif}
  calling: {type: onvif, push_port: 8321}
devices:
"""
PIN = "ab" * 32


def _codes(folder: Path, *devices: str) -> list[str]:
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for name in ("gate", "path"):
        (secrets / name).write_text("口令 @:/\n", encoding="utf-8")
        (secrets / name).chmod(0o600)
    file = folder / "gateway.yaml"
    said = [f"  cam-{number}: {{name: 相机, password: !secret gate, {one}}}\n" for number, one in enumerate(devices, 1)]
    file.write_text(HEAD + "".join(said), encoding="utf-8")
    return [each.code for each in load(file).problems]


def _camera(address: str = "http://192.168.1.64", more: str = "", bus: str = "cams") -> str:
    return f'profile: anpr/hikvision, bus: {bus}, address: "{address}"{more}'


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("192.168.1.64", []),
        ("http://192.168.1.64:8000/", []),
        ("https://gate-cam.local", []),
        ("rtsp://192.168.1.64", ["E215"]),
        ("http://admin:pass@192.168.1.64", ["E215"]),
        ("http://192.168.1.64/onvif/device_service", ["E215"]),
        ("http://192.168.1.64:99999", ["E215"]),
        ("", ["E215"]),
    ],
)
def test_an_address_is_a_host_and_nothing_more(tmp_path: Path, address: str, codes: list[str]) -> None:
    found = _codes(tmp_path, _camera(address))
    assert [code for code in found if code == "E215"] == codes


def test_a_certificate_is_judged_where_there_is_one(tmp_path: Path) -> None:
    assert _codes(tmp_path, _camera("https://a", f', pin: "{PIN}"')) == []
    assert _codes(tmp_path, _camera("https://a", f', pin: "{PIN[:-1]}"')) == ["E216"]
    assert _codes(tmp_path, _camera("http://a", f', pin: "{PIN}"')) == ["E217"]
    assert _codes(tmp_path, _camera("https://a", ", insecure: true")) == []
    assert _codes(tmp_path, _camera("http://a", ", insecure: true")) == ["E217"]


def test_a_camera_calls_where_somebody_listens(tmp_path: Path) -> None:
    assert _codes(tmp_path, _camera(more=", push: !secret path")) == ["E218"]
    assert _codes(tmp_path, _camera(more=", push: !secret path", bus="calling")) == []


def test_a_camera_is_there_once(tmp_path: Path) -> None:
    assert _codes(tmp_path, _camera(), _camera("192.168.1.64")) == ["E219"]
    assert _codes(tmp_path, _camera(), _camera(more=", channel: 2")) == []
    assert _codes(tmp_path, _camera(), _camera("192.168.1.65")) == []
