"""The section notify: resolved to channels and routes, and every mistake in it said where it stands."""

from pathlib import Path

import pytest

from config.channels import BrokerSettings, CommandSettings, RouteSettings, SmtpSettings, WebhookSettings
from config.document import read_document
from config.hidden import Secret
from config.load import Loaded, load
from config.notify import channels_for
from config.report import render

HEAD = """version: 1
site: {code: 330402-test, name: 测试}
buses:
  tcp: {type: modbus-tcp, host: 10.0.0.1}
devices:
  door-1: {name: 门, profile: door/waveshare-relay-d8, bus: tcp, unit: 1, relay: 1, inputs: {contact: 1}}
rules: {use: none}
"""
GOOD = """notify:
  channels:
    guard: {type: webhook, url: "https://duty.example.invalid/in", secret: !secret guard}
    robot: {type: webhook, url: !secret robot, format: wecom, say: {zh: "{level} {text}", en: "{text}"}}
    mail: {type: smtp, host: mail.example.invalid, from: box@example.invalid, to: a@example.invalid, username: box,
      password: !secret guard, lang: en}
    led: {type: command, device: door-1, command: pulse_unlock, args: {seconds: 9}}
    board: {type: mqtt, host: 127.0.0.1, topic: linli/board, timeout: 5s}
  routes:
    - {levels: [red, orange], place: 3幢, channels: [guard, mail, robot], over: true}
    - {levels: yellow, channels: board, quiet: "22:00-07:00", repeat: 30m}
    - {levels: [red], channels: [led]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    for name, text in (("guard", "s3cret"), ("robot", "https://robot.example.invalid/send?key=k3y")):
        (tmp_path / "secrets" / name).write_text(text + "\n")
        (tmp_path / "secrets" / name).chmod(0o600)
    return tmp_path / "gateway.yaml"


def _load(file: Path, text: str) -> Loaded:
    file.write_text(HEAD + text, encoding="utf-8")
    return load(file)


def _found(file: Path, text: str) -> list[tuple[str, int]]:
    return [(one.code, one.place.line - HEAD.count("\n")) for one in _load(file, text).problems]


def test_everything_is_resolved(file: Path) -> None:
    loaded = _load(file, GOOD)
    assert loaded.settings is not None, render(loaded.problems, "gateway.yaml", "en")
    assert loaded.problems == ()
    notify = loaded.settings.notify
    assert notify.channels == (
        WebhookSettings(name="guard", url=Secret("https://duty.example.invalid/in"), secret=Secret("s3cret")),
        WebhookSettings(
            name="robot",
            url=Secret("https://robot.example.invalid/send?key=k3y"),
            format="wecom",
            say={"zh": "{level} {text}", "en": "{text}"},
        ),
        SmtpSettings(
            name="mail", host="mail.example.invalid", port=587, sender="box@example.invalid", lang="en",
            to=("a@example.invalid",), username="box", password=Secret("s3cret"),
        ),
        CommandSettings(name="led", device="door-1", command="pulse_unlock", args={"seconds": 9}),
        BrokerSettings(name="board", host="127.0.0.1", port=1883, topic="linli/board", timeout_s=5.0),
    )  # fmt: skip
    assert notify.routes == (
        RouteSettings(levels=("red", "orange"), places=("3幢",), channels=("guard", "mail", "robot"), over=True),
        RouteSettings(levels=("yellow",), channels=("board",), quiet=(22 * 60, 7 * 60), repeat_s=1800.0),
        RouteSettings(levels=("red",), channels=("led",)),
    )
    assert "s3cret" not in repr(notify)
    assert "k3y" not in repr(notify)


def test_the_channels_for_a_level_are_told_without_settings(file: Path) -> None:
    tree, _ = read_document(HEAD + GOOD.replace("channels: [led]", "channels: [led, nobody]"))
    assert tree is not None
    assert channels_for("red", tree) == ("guard", "mail", "robot", "led")
    assert (channels_for("yellow", tree), channels_for("blue", tree)) == (("board",), ())
    empty, _ = read_document(HEAD)
    assert empty is not None
    assert channels_for("red", empty) == ()


@pytest.mark.parametrize(
    ("wrong", "right", "code", "line"),
    [
        ("channels: board,", "channels: bord,", "E171", 11),
        ('"22:00-07:00"', '"22-7"', "E173", 11),
        ('"22:00-07:00"', '"22:00-22:00"', "E173", 11),
        ('"22:00-07:00"', "22", "E173", 11),
        ("levels: yellow", "levels: pink", "E109", 11),
        ("over: true", "ovr: true", "E101", 10),
        ("over: true", 'quiet: "22:00-07:00"', "W171", 10),
        ("https://duty", "http://duty", "W173", 3),
        ("https://duty", "ftp://duty", "E113", 3),
        ("type: webhook, url: !secret robot", "type: webhok, url: !secret robot", "E109", 4),
        ("type: webhook, url: !secret robot", "url: !secret robot", "E102", 4),
        ("{level} {text}", "{colour}", "E172", 4),
        ("device: door-1", "device: door-2", "E122", 7),
        ("command: pulse_unlock", "command: sound", "E129", 7),
        ("seconds: 9", "seconds: 99", "E108", 7),
        ("seconds: 9", "hours: 1", "E101", 7),
        ("host: 127.0.0.1", "host: 10.0.0.9", "W173", 8),
        ("topic: linli/board", "topic: linli/#", "E112", 8),
        ("username: box", "tls: none", "W173", 5),
        ("- {levels: [red], channels: [led]}", "", "W172", 7),
        ("    led:", "    LED:", "E112", 7),
        ("repeat: 30m", "repeat: 30", "E103", 11),
        ("repeat: 30m", "repeat: 5s", "E108", 11),
    ],
)
def test_every_mistake_is_said_where_it_stands(file: Path, wrong: str, right: str, code: str, line: int) -> None:
    assert wrong in GOOD
    assert (code, line) in _found(file, GOOD.replace(wrong, right))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_key_in_a_robots_address_does_not_stand_in_the_file_and_is_not_shown(file: Path, lang: str) -> None:
    text = GOOD.replace("url: !secret robot", '"url": "https://robot.example.invalid/send?key=k3y"')
    loaded = _load(file, text)
    assert [one.code for one in loaded.problems] == ["E301"]
    assert "k3y" not in render(loaded.problems, "gateway.yaml", lang)  # type: ignore[arg-type]


def test_a_password_in_clear_is_a_mistake(file: Path) -> None:
    assert ("E301", 6) in _found(file, GOOD.replace("password: !secret guard", "password: hunter2"))
