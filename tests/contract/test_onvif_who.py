"""Who the box is to a camera, and who the camera is to the box: passwords, clocks, certificates, and what is told."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from drivers.api import AnswerLost, DriverError, Misconfigured, Timeout
from drivers.onvif.target import Place, Trust
from drivers.onvif.wire.onvif_calls import OnvifCalls
from simulators.network.tls import Authority
from tests.contract.cameras import PASSWORD, asking, lent_clock, station, target_of

SECRET = "h0rse & <battery>?#@"


@pytest.mark.parametrize("believes", ["any", "wsse", "digest"])
async def test_a_wrong_password_is_proved_wrong_by_who_it_is(believes: str) -> None:
    async with station(authentication=believes) as camera, asking(camera, password="wrong") as calls:
        await calls.clock_offset_s()
        with pytest.raises(Misconfigured, match="does not believe"):
            await calls.product()
        with pytest.raises(Misconfigured, match="does not believe"):
            await calls.access_door("Door_1")
        assert camera.done() == []
        assert camera.credentials.refused == 2  # one each: some cameras count, and lock the user
        camera.change_password("wrong")
        await calls.product()


@pytest.mark.parametrize("believes", ["wsse", "digest"])
async def test_a_changed_password_is_noticed_at_the_next_question(believes: str) -> None:
    async with station(authentication=believes) as camera, asking(camera) as calls:
        await calls.product()
        camera.change_password("another")
        with pytest.raises(Misconfigured):
            await calls.product()


@pytest.mark.parametrize("believes", ["wsse", "digest"])
async def test_any_password_can_be_proved(believes: str) -> None:
    async with (
        station(authentication=believes, password=SECRET) as camera,
        asking(camera, password=SECRET) as calls,
    ):
        await calls.product()
        await calls.picture()


@pytest.mark.parametrize("ahead_s", [-7200.0, 7200.0])
async def test_a_clock_that_is_wrong_is_heeded(ahead_s: float) -> None:
    clock = lent_clock()
    async with station(authentication="wsse", clock=clock) as camera, asking(camera, clock) as calls:
        camera.set_clock(ahead_s)
        await calls.product()
        assert abs(await calls.clock_offset_s() - ahead_s) <= 1
        assert camera.credentials.refused == 0
        camera.set_clock(-ahead_s)  # somebody set it: one token is refused, and the clock is asked
        await calls.access_door("Door_1")
        assert camera.credentials.refused == 1
        assert camera.done() == ["AccessDoor"]
        assert abs(await calls.clock_offset_s() + ahead_s) <= 1


async def test_a_camera_that_does_not_tell_its_time_is_taken_to_go_right() -> None:
    async with station(authentication="wsse") as camera, asking(camera) as calls:
        camera.lacking = ("tds:GetSystemDateAndTime",)
        await calls.product()


async def test_a_password_goes_out_in_no_way_that_shows_it() -> None:
    for believes in ("wsse", "digest"):
        async with station(authentication=believes) as camera, asking(camera) as calls:
            await calls.product()
            await calls.picture()
            await calls.access_door("Door_1")
            assert len(camera.heard) > 4
            for request in camera.heard:
                assert PASSWORD not in f"{request}"


async def test_the_certificate_that_is_pinned_is_believed_and_no_other() -> None:
    async with station(tls=True) as camera, asking(camera) as calls:
        await calls.product()
        await camera.change_certificate()
        with pytest.raises(Misconfigured, match="certificate"):
            await calls.product()
        with pytest.raises(Misconfigured, match="certificate"):
            await calls.access_door("Door_1")
        asked = len(camera.heard)
        async with asking(camera, trust=Trust(pin="00" * 32)) as wrong:
            with pytest.raises(Misconfigured, match="certificate"):
                await wrong.product()
        assert len(camera.heard) == asked


async def test_a_certificate_of_nobody_is_not_believed_unless_somebody_says_so() -> None:
    async with station(tls=True) as camera:
        async with asking(camera, trust=Trust()) as calls:
            with pytest.raises(Misconfigured, match="certificate"):
                await calls.product()
        assert camera.heard == []
        async with asking(camera, trust=Trust(insecure=True)) as calls:
            await calls.product()


async def test_an_authority_vouches(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with station(tls=True) as camera:
        await camera.server.stop()
        camera.server.context = authority.contexts()["good"]
        await camera.server.start()
        believed = Trust(ca=str(authority.trust))
        async with asking(camera, trust=believed, place=Place("https", "localhost", camera.server.port)) as calls:
            await calls.product()
        async with asking(camera, trust=believed) as calls:
            with pytest.raises(Misconfigured, match=r"127\.0\.0\.1"):  # vouched for under another name
                await calls.product()
        async with asking(camera, trust=Trust(ca=str(tmp_path / "none.pem"))) as calls:
            with pytest.raises(Misconfigured, match="authority"):
                await calls.product()


async def test_tls_where_there_is_none() -> None:
    async with station() as camera:
        place = Place("https", "127.0.0.1", camera.server.port)
        async with asking(camera, place=place, trust=Trust(insecure=True)) as calls:
            with pytest.raises((Misconfigured, Timeout)):
                await calls.product()


async def test_nobody_there_is_no_answer() -> None:
    async with station() as camera:
        await camera.stop()
        async with asking(camera) as calls:
            with pytest.raises(Timeout, match="cannot be reached"):
                await calls.product()
        async with asking(camera, place=Place("http", "no.such.host.invalid", 80)) as calls:
            with pytest.raises(Timeout):
                await calls.product()


FAULTS: list[dict[str, Any]] = [
    {}, {"drop": True}, {"lose_answers": 9}, {"redirect": f"http://admin:{PASSWORD}@127.0.0.1:9/"}, {"huge_mb": 2},
    {"bomb": True}, {"truncated": True}, {"drip_s": 2.0}, {"frozen": True},
]  # fmt: skip
ASKED: list[Callable[[OnvifCalls], Awaitable[Any]]] = [
    lambda calls: calls.product(),
    lambda calls: calls.subscribe(60),
    lambda calls: calls.picture(),
    lambda calls: calls.stream_address(""),
    lambda calls: calls.access_door("Door_1"),
    lambda calls: calls.release_relay("Relay_1", 1),
]


@pytest.mark.parametrize("believes", ["wsse", "digest"])
async def test_nothing_that_is_said_logged_or_raised_shows_a_password(
    believes: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    kinds = set()
    clock = lent_clock()
    with capture_logs() as lines:
        for fault in FAULTS:
            for tls in (False, True) if not fault else (False,):
                async with (
                    station(authentication=believes, clock=clock, tls=tls, password=PASSWORD) as camera,
                    asking(camera, clock) as calls,
                ):
                    camera.replies("rtsp://127.0.0.1", f"rtsp://admin:{PASSWORD}@127.0.0.1")
                    if fault:
                        await calls.doors()
                    camera.relay.mode = "Bistable"
                    camera.faults(**fault)
                    for ask in ASKED:
                        asked = asyncio.ensure_future(ask(calls))
                        while not asked.done():
                            await clock.advance(1)
                        try:
                            said.append(repr(await asked))
                        except DriverError as error:
                            kinds.add(type(error))
                            said += told(error)
                    said += [repr(calls), repr(vars(calls)), repr(calls._asking.web), repr(target_of(camera))]
                    camera.faults(
                        drop=False, redirect="", huge_mb=0, bomb=False, truncated=False, drip_s=0, frozen=False
                    )
    everything = "\n".join((*said, *map(str, lines), caplog.text))
    assert {Timeout, AnswerLost} <= kinds
    assert PASSWORD not in everything


def told(error: BaseException | None) -> list[str]:
    """Return what an error and everything that led to it say of themselves."""
    said = []
    while error is not None:
        said += [str(error), repr(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    return said


def test_nobody_s_logging_is_touched_and_nothing_heavy_is_loaded() -> None:
    code = (
        "import logging, sys; before = (logging.root.level, list(logging.root.handlers));"
        "import drivers.onvif.wire; assert 'httpx' not in sys.modules; import drivers.onvif.wire.onvif_calls;"
        "assert before == (logging.root.level, list(logging.root.handlers));"
        "print(*sorted({'zeep', 'onvif', 'lxml', 'aiohttp', 'requests', 'anyio', 'httpcore'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
