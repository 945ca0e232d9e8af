"""A broker in front of the collector: how a file names it, and what is said about one that will not do."""

import os
import pickle
from pathlib import Path

import pytest

from config.load import load
from runtime.broker import broker_at, is_broker_url

SITE = "version: 1\nsite: {code: abc, name: x}\ncollector: "


def _file(folder: Path, section: str) -> Path:
    file = folder / "gateway.yaml"
    file.write_text(SITE + section + "\n", encoding="utf-8")
    return file


def test_a_broker_has_a_name_and_a_password_that_is_not_shown(tmp_path: Path) -> None:
    home = tmp_path / "secrets"
    home.mkdir()
    (home / "broker").write_text("s3cret-word\n", encoding="utf-8")
    os.chmod(home / "broker", 0o600)
    settings = load(_file(tmp_path, "{url: 'mqtts://b.example', username: abc, password: !secret broker}")).settings
    assert settings is not None
    found = settings.collector
    assert found is not None
    assert found.password is not None
    assert (found.url, found.username, found.password.reveal()) == ("mqtts://b.example", "abc", "s3cret-word")
    assert "s3cret-word" not in f"{settings!r}{found.password}"
    again = pickle.loads(pickle.dumps(settings))  # noqa: S301 - our own, just made
    assert again == settings, "it reaches the agent from the process that reads files"


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ("{url: 'mqtts://b.example:lots'}", "E113"),
        ("{url: 'mqtts://me:word@b.example'}", "E113"),
        ("{url: 'mqtts://b.example/path'}", "E113"),
        ("{url: 'mqtt://b.example'}", "W302"),
        ("{url: 'mqtts://b.example', password: s3cret-word}", "E301"),
        ("{url: 'mqtts://b.example', password: !secret missing}", "E302"),
    ],
)
def test_a_broker_that_will_not_do(tmp_path: Path, section: str, code: str) -> None:
    assert [each.code for each in load(_file(tmp_path, section)).problems] == [code]


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://b.example", "b.example", 1883, False),
        (" mqtts://b.example/ ", "b.example", 8883, True),
        ("mqtts://10.0.0.1:443", "10.0.0.1", 443, True),
        ("mqtt://[::1]:1884", "::1", 1884, False),
    ],
)
def test_an_address(url: str, host: str, port: int, tls: bool) -> None:
    assert is_broker_url(url)
    broker = broker_at(url, "me", "word")
    assert (broker.host, broker.port, broker.tls) == (host, port, tls)
    assert broker_at(broker.url) == broker_at(url)
    assert "word" not in repr(broker) + broker.url


@pytest.mark.parametrize("url", ["https://x", "mqtt://", "mqtt://x:99999", "mqtt://a:b@x", "mqtt://x/y", "mqtt://x?y"])
def test_what_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        broker_at(url)
