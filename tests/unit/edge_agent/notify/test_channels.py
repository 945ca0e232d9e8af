"""Each way to people against its real counterpart: a web server, a mail server, a broker, a device."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from config.channels import BrokerSettings, CommandSettings, SmtpSettings, WebhookSettings
from config.hidden import Secret
from drivers.api import Interlocked, Timeout
from edge_agent.notify.board import Board
from edge_agent.notify.channel import NotSent
from edge_agent.notify.device import DeviceChannel
from edge_agent.notify.mail import Mail
from edge_agent.notify.notice import Kind, Notice
from edge_agent.notify.ways import real_channels
from edge_agent.notify.webhook import Webhook
from runtime.clock import SystemClock
from runtime.mqtt import Connection
from runtime.testing import FakeClock
from simulators.network.tls import Authority
from tests.fakes.driver import FakeDriver
from tests.fakes.hook import Hook, hook
from tests.fakes.mail_server import MailServer, mail_server
from tests.fakes.mosquitto import mosquitto
from tests.unit.edge_agent.notify.making import GUARD, SIREN
from wire.alert import Level
from wire.outcome import LocalAction, OutcomeState

NOTICE = Notice(
    "n1", "guard", Kind.RAISED, "a1", "fire", "door-1", Level.RED, 1_700_000_000_000_000, 1, {"zh": "起火"}, "3幢"
)


def _webhook(at: Hook, **changes: object) -> Webhook:
    settings = replace(WebhookSettings(name="guard", url=Secret(at.url)), **changes)  # type: ignore[arg-type]
    return Webhook(settings, "gate", "测试小区", FakeClock())


async def test_a_webhook_gets_the_whole_alert_signed_so_that_anybody_can_check_it() -> None:
    with hook() as there:
        channel = _webhook(there, secret=Secret("s3cret"))
        await channel.send(NOTICE, "【红色】起火")
        await channel.close()
    ((_, headers, body),) = there.requests
    said = json.loads(body)
    assert {key: said[key] for key in ("id", "gateway", "site", "kind", "level", "alert", "place", "message")} == {
        "id": "n1", "gateway": "gate", "site": "测试小区", "kind": "raised", "level": "red", "alert": "a1",
        "place": "3幢", "message": "【红色】起火",
    }  # fmt: skip
    moment = headers["X-Linli-Timestamp"]
    expected = hmac.new(b"s3cret", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Linli-Signature"] == f"v1={expected}"
    assert (moment, headers["Idempotency-Key"]) == ("1700000000", "n1")


@pytest.mark.parametrize("form", ["wecom", "dingtalk"])
async def test_a_robot_gets_text_and_its_own_errors_are_heard(form: str) -> None:
    with hook() as there:
        channel = _webhook(there, format=form, url=Secret(f"{there.url}?access_token=k3y"), secret=Secret("SEC"))
        there.answers.append((200, {}, b'{"errcode": 0, "errmsg": "ok"}'))
        await channel.send(NOTICE, "【红色】起火")
        for said, word in ((b'{"errcode": 45009}', "errcode_45009"), (b"<html>", "errcode_-1")):
            there.answers.append((200, {}, said))
            with pytest.raises(NotSent, match=word) as not_sent:
                await channel.send(NOTICE, "x")
            assert not not_sent.value.final
        await channel.close()
    path, headers, body = there.requests[0]
    assert json.loads(body) == {"msgtype": "text", "text": {"content": "【红色】起火"}}
    query = parse_qs(urlsplit(path).query)
    assert query["access_token"] == ["k3y"]
    if form == "dingtalk":
        digest = hmac.new(b"SEC", b"1700000000000\nSEC", hashlib.sha256).digest()
        assert (query["timestamp"], query["sign"]) == (["1700000000000"], [base64.b64encode(digest).decode()])
    assert "X-Linli-Signature" not in headers


@pytest.mark.parametrize(
    ("status", "final"),
    [(500, False), (404, False), (401, False), (429, False), (302, False), (400, True), (422, True)],
)
async def test_only_what_is_wrong_with_the_message_itself_is_final(status: int, final: bool) -> None:
    with hook() as there:
        there.answers.append((status, {"Retry-After": "90", "Location": "http://elsewhere.invalid"}, b"x" * 100_000))
        channel = _webhook(there)
        with pytest.raises(NotSent, match=f"http_{status}") as not_sent:
            await channel.send(NOTICE, "x")
        await channel.close()
    assert (not_sent.value.final, not_sent.value.retry_after_s, len(there.requests)) == (final, 90.0, 1)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (httpx.ConnectTimeout("http://guard.invalid?key=k3y"), "timeout"),
        (httpx.ConnectError("no route to http://guard.invalid?key=k3y"), "cannot_connect"),
        (httpx.RemoteProtocolError("x"), "broken_off"),
        (httpx.UnsupportedProtocol("x"), "bad_address"),
    ],
)
async def test_why_a_web_address_cannot_be_reached_is_a_word_without_its_key(error: Exception, word: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    channel = Webhook(GUARD, "gate", "site", FakeClock(), httpx.MockTransport(fail))
    with pytest.raises(NotSent, match=f"^{word}$"):
        await channel.send(NOTICE, "x")
    await channel.close()


async def test_a_certificate_that_nobody_vouches_for_is_not_believed() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("x") from ssl.SSLCertVerificationError("self-signed")

    channel = Webhook(GUARD, "gate", "site", FakeClock(), httpx.MockTransport(fail))
    with pytest.raises(NotSent, match="bad_certificate"):
        await channel.send(NOTICE, "x")
    await channel.close()


def _mail(server: MailServer, context: ssl.SSLContext | None = None, **changes: object) -> Mail:
    plain = SmtpSettings(
        name="mail", host="localhost", port=server.port, sender="box@gate.invalid", to=("a@x.invalid", "b@x.invalid"),
        tls="none",
    )  # fmt: skip
    return Mail(replace(plain, **changes), "gate", context)  # type: ignore[arg-type]


async def test_a_mail_arrives_whole_with_an_id_that_stays_the_same() -> None:
    async with mail_server(MailServer()) as server:
        await _mail(server).send(NOTICE, "【红色】起火\n第二行")
        await _mail(server).send(NOTICE, "【红色】起火\n第二行")
    first, again = server.mails
    assert (first["Subject"], first["From"]) == ("【红色】起火 第二行", "box@gate.invalid")
    assert first.get_content().split() == ["【红色】起火", "第二行"]
    assert first["Message-ID"] == again["Message-ID"] == "<n1@gate>"
    assert server.envelopes[0] == ["a@x.invalid", "b@x.invalid"]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_mail_goes_encrypted_and_logged_in_and_a_stranger_gets_none(tmp_path: Path, tls: str) -> None:
    authority = Authority(tmp_path)
    good = authority.contexts()["good"]
    trusting = ssl.create_default_context(cafile=str(authority.trust))
    made = MailServer(context=good if tls == "starttls" else None, logins={"box": "s3cret"})
    async with mail_server(made, good if tls == "tls" else None) as server:
        right, wrong = Secret("s3cret"), Secret("wrong")
        await _mail(server, trusting, tls=tls, username="box", password=right).send(NOTICE, "x")
        with pytest.raises(NotSent, match="bad_certificate"):
            await _mail(server, tls=tls, username="box", password=right).send(NOTICE, "x")
        with pytest.raises(NotSent, match="not_authorized") as not_sent:
            await _mail(server, trusting, tls=tls, username="box", password=wrong).send(NOTICE, "x")
    assert (len(server.mails), server.logged_in, not_sent.value.final) == (1, ["box"], False)
    assert server.secure == (tls == "starttls")


async def test_what_a_mail_server_refuses_for_good_is_final_and_what_it_puts_off_is_not() -> None:
    async with mail_server(MailServer()) as server:
        server.refuses = {"a@x.invalid": "550 unknown", "b@x.invalid": "550 unknown"}
        with pytest.raises(NotSent, match="smtp_550") as not_sent:
            await _mail(server).send(NOTICE, "x")
        assert not_sent.value.final
        server.refuses = dict.fromkeys(server.refuses, "451 later")
        with pytest.raises(NotSent, match="smtp_451") as not_sent:
            await _mail(server).send(NOTICE, "x")
        assert not not_sent.value.final
        with pytest.raises(NotSent, match="no_tls"):
            await _mail(server, tls="starttls").send(NOTICE, "x")
        port = server.port
    with pytest.raises(NotSent, match="cannot_connect"):
        await _mail(server, port=port).send(NOTICE, "x")


async def test_a_board_hears_what_it_listens_for_and_a_topic_without_one_is_not_told(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(mosquitto(tmp_path))
        settings = BrokerSettings(name="board", host="127.0.0.1", port=broker.port, topic="linli/board", timeout_s=5.0)
        board = Board(settings, "gate", SystemClock())
        with pytest.raises(NotSent, match="nobody_listens"):
            await board.send(NOTICE, "起火")
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        listener = Connection(
            broker.broker(), "board", lambda mail: heard.put_nowait(mail.body), keepalive_s=30, most=4096, timeout_s=5
        )
        await listener.open("linli/board")
        await board.send(NOTICE, "起火")
        said = json.loads(await asyncio.wait_for(heard.get(), 5))
        assert (said["id"], said["level"], said["message"]) == ("n1", "red", "起火")
        await listener.close()
        broker.stop()
        with pytest.raises(NotSent, match="cannot_connect"):
            await board.send(NOTICE, "起火")


class _Targets:
    def __init__(self, driver: object | None) -> None:
        self.driver = driver

    def telling(self, device: str, command: str) -> None:
        """Nobody listens."""

    def driver_of(self, device: str) -> object | None:
        return self.driver if device == "siren-1" else None

    def is_online(self, device: str) -> bool:
        return True


async def test_a_siren_sounds_and_its_outcome_tells_why() -> None:
    clock = FakeClock()
    driver = FakeDriver(clock, {})
    outcome = await DeviceChannel(SIREN, _Targets(driver), clock).send(NOTICE, "x")
    assert driver.executed == [("siren-1", "sound", {"seconds": 60})]
    asked = LocalAction("a1", "fire", "sound", clock.now(), {"seconds": 60})
    assert (outcome.command, outcome.state, outcome.action) == ("notify:n1", OutcomeState.EXECUTED, asked)


@pytest.mark.parametrize(
    ("error", "word", "final"),
    [(Timeout("x"), "timeout", False), (Interlocked("x"), "interlocked", True), (None, "no_such_device", True)],
)
async def test_a_siren_that_does_not_answer_is_tried_again_and_one_that_may_not_is_not(
    error: Exception | None, word: str, final: bool
) -> None:
    clock = FakeClock()
    driver = FakeDriver(clock, {})
    if error is not None:
        driver.failing["siren-1"] = error
    with pytest.raises(NotSent, match=word) as not_sent:
        await DeviceChannel(SIREN, _Targets(driver if error else None), clock).send(NOTICE, "x")
    assert not_sent.value.final is final


async def test_a_siren_on_a_line_that_hangs_holds_its_channel_no_longer_than_its_timeout() -> None:
    clock = FakeClock()
    driver = FakeDriver(clock, {})
    driver.takes_s = 1e6
    with pytest.raises(NotSent, match="timeout"):
        await DeviceChannel(replace(SIREN, timeout_s=0.01), _Targets(driver), clock).send(NOTICE, "x")


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (GUARD, Webhook),
        (SmtpSettings(name="m", host="h", port=25, sender="a", to=("b",)), Mail),
        (BrokerSettings(name="b", host="h", port=1883, topic="t"), Board),
        (CommandSettings(name="c", device="d", command="x"), DeviceChannel),
    ],
    ids=lambda one: getattr(one, "type", ""),
)
async def test_settings_become_their_channel(settings: WebhookSettings, kind: type) -> None:
    made = real_channels("gate", "site", _Targets(None), FakeClock())(settings)
    assert isinstance(made, kind)
    await made.close()
