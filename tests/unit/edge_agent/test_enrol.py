"""Enrolment: the key is born on the box, what comes back is pinned, and a failure leaves nothing behind."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from edge_agent.enrol import EnrolmentError, enrol
from edge_agent.identity_file import FILE_NAME, load_identity
from edge_agent.uplink.exchange import is_collector_url, no_answer
from runtime.clock import SystemClock
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector, Trouble
from wire.codec import MEDIA_TYPE, decode, encode
from wire.exchange import Enrolled, EnrolmentRequest, Hello
from wire.identity import public_text

OURS = {"Content-Type": MEDIA_TYPE}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def collector(clock: FakeClock) -> FakeCollector:
    return FakeCollector(clock)


async def test_a_box_enrols_and_is_the_same_after_a_restart(
    tmp_path: Path, clock: FakeClock, collector: FakeCollector
) -> None:
    shown: list[EnrolmentRequest] = []

    def remember(request: httpx.Request) -> httpx.Response:
        shown.append(decode(request.content, EnrolmentRequest))
        return collector._enrol(request)

    collector.troubles["enrol"].append(remember)
    state = tmp_path / "state"
    identity = await enrol(
        "http://collector/", " CODE-1\n", "gw-1", state, clock, version="1.2", transport=collector.transport()
    )
    assert (identity.gateway, identity.collector, identity.url) == ("gw-1", "district", "http://collector")
    assert identity.command_key == collector.command_key.public_key()
    assert [(one.gateway, one.public_key, one.version) for one in shown] == [
        ("gw-1", public_text(identity.key.public_key()), "1.2")
    ]
    assert (state / FILE_NAME).stat().st_mode & 0o777 == 0o600
    again = load_identity(state / FILE_NAME)
    assert again is not None
    assert again.key.private_bytes_raw() == identity.key.private_bytes_raw()
    assert (again.url, again.collector, again.command_key) == (identity.url, identity.collector, identity.command_key)
    assert again.fingerprint == identity.fingerprint
    assert [path.name for path in state.iterdir()] == [FILE_NAME]


async def test_an_identity_is_not_replaced_by_accident(
    tmp_path: Path, clock: FakeClock, collector: FakeCollector
) -> None:
    collector.codes["CODE-2"] = "gw-1"
    first = await enrol("http://collector", "CODE-1", "gw-1", tmp_path, clock, transport=collector.transport())
    with pytest.raises(EnrolmentError, match="already_enrolled"):
        await enrol("http://collector", "CODE-2", "gw-1", tmp_path, clock, transport=collector.transport())
    assert "CODE-2" in collector.codes
    second = await enrol(
        "http://collector", "CODE-2", "gw-1", tmp_path, clock, replace=True, transport=collector.transport()
    )
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(("code", "gateway"), [("WRONG", "gw-1"), ("CODE-1", "gw-2"), ("", "gw-1")])
async def test_a_wrong_code_is_refused(
    code: str, gateway: str, tmp_path: Path, clock: FakeClock, collector: FakeCollector
) -> None:
    with pytest.raises(EnrolmentError) as caught:
        await enrol("http://collector", code, gateway, tmp_path, clock, transport=collector.transport())
    assert caught.value.word == "bad_code"
    assert list(tmp_path.iterdir()) == []


def enrolled(**changes: str) -> httpx.Response:
    """Return an answer that is not quite right."""
    right = {"collector": "district", "gateway": "gw-1", "command_key": "A" * 43} | changes
    return httpx.Response(200, headers=OURS, content=encode(Enrolled(**right, time=0)))


@pytest.mark.parametrize(
    ("path", "trouble", "word"),
    [
        ("hello", httpx.ConnectError("refused"), "cannot_connect"),
        ("hello", httpx.Response(200, text="<html>log in</html>"), "not_a_collector"),
        ("hello", httpx.Response(502), "http_502"),
        ("hello", httpx.Response(200, headers=OURS, content=encode(Hello("district", (99,), 0))), "other_protocol"),
        ("enrol", httpx.ReadTimeout("slow"), "timeout"),
        ("enrol", httpx.Response(200, headers=OURS, content=b"junk"), "garbage"),
        ("enrol", enrolled(gateway="gw-2"), "bad_answer"),
        ("enrol", enrolled(collector="elsewhere"), "bad_answer"),
        ("enrol", enrolled(command_key="short"), "bad_answer"),
    ],
)
async def test_a_bad_answer_leaves_nothing_behind(
    path: str, trouble: Trouble, word: str, tmp_path: Path, clock: FakeClock, collector: FakeCollector
) -> None:
    collector.troubles[path].append(trouble)
    with pytest.raises(EnrolmentError) as caught:
        await enrol("http://collector", "CODE-1", "gw-1", tmp_path, clock, transport=collector.transport())
    assert caught.value.word == word
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "gateway", "word"), [("ftp://x", "gw-1", "bad_url"), ("http://collector", "Not A Name", "bad_name")]
)
async def test_what_is_wrong_here_is_told_before_the_code_is_spent(
    url: str, gateway: str, word: str, tmp_path: Path, clock: FakeClock, collector: FakeCollector
) -> None:
    with pytest.raises(EnrolmentError) as caught:
        await enrol(url, "CODE-1", gateway, tmp_path, clock, transport=collector.transport())
    assert (caught.value.word, collector.requests) == (word, [])


async def test_a_state_directory_that_cannot_be_written_is_told_before_the_code_is_spent(
    tmp_path: Path, clock: FakeClock, collector: FakeCollector
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(EnrolmentError, match="cannot_write"):
        await enrol(
            "http://collector", "CODE-1", "gw-1", tmp_path / "file" / "x", clock, transport=collector.transport()
        )
    assert collector.requests == []


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("http://127.0.0.1:8080", True),
        ("https://district.example/linli/", True),
        ("http://[::1]:8080", True),
        ("district.example", False),
        ("http://", False),
        ("http://user:pass@district.example", False),
        ("http://district.example/?q=1", False),
        ("http://district.example:port", False),
        ("", False),
    ],
)
def test_a_collectors_address(url: str, fits: bool) -> None:
    assert is_collector_url(url) is fits


@pytest.mark.parametrize(
    ("cause", "word"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "bad_certificate"),
        (ssl.SSLError("wrong version number"), "no_tls"),
        (OSError("refused"), "cannot_connect"),
    ],
)
def test_what_tls_said_is_told_apart_from_an_unreachable_host(cause: OSError, word: str) -> None:
    error = httpx.ConnectError("no")
    error.__cause__ = OSError("on the way")
    error.__cause__.__cause__ = cause
    assert no_answer(error).word == word


async def test_https_asked_of_a_plain_server_is_named(tmp_path: Path) -> None:
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(EnrolmentError) as caught:
            await enrol(f"https://127.0.0.1:{port}", "CODE-1", "gw-1", tmp_path, SystemClock())
    assert caught.value.word == "no_tls"
