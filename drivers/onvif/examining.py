"""A camera looked over for the technician before it: reached, believed, let in, and what it shows and tells."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Final

from drivers.api.errors import DriverError, NotSupported
from drivers.api.examines import Examined, Step
from drivers.api.patience import within
from drivers.onvif.calls import Calls, MediaProfile
from drivers.onvif.camera import Camera, Making
from drivers.onvif.outbox import Outbox
from drivers.onvif.target import Target
from drivers.onvif.trust import make_context, why_not_trusted
from runtime.clock import Clock

CLOCK_OFF_S: Final = 10.0
"""A camera's clock that is off by more is not well: its own recordings cannot be found by time."""


async def examine(target: Target, making: Making, seconds: float) -> AsyncGenerator[Examined, None]:
    """See ``drivers.api.Examines``."""
    reached = await _address(target, making.clock, making.timeout_s)
    yield reached
    if not reached.well:
        return
    if target.place.scheme == "https":
        certificate = await _certificate(target, making.clock, making.timeout_s)
        yield certificate
        if not certificate.well:
            return
    calls, let_in = making.calls(target, making.clock, making.timeout_s), True
    try:
        async for step in _asked(target, calls):
            let_in = let_in and not (step.step == "password" and step.well is False)
            yield step
    finally:
        await calls.close()
    if not let_in:
        return
    async for heard in _told(target, making, seconds):
        yield heard


async def _address(target: Target, clock: Clock, timeout_s: float) -> Examined:
    place = target.place
    try:
        _, writer = await within(clock, timeout_s, asyncio.open_connection(place.host, place.port))
    except TimeoutError:
        return Examined("address", False, place.base, "timeout: nobody answers")
    except OSError as error:
        return Examined("address", False, place.base, f"line_lost: {error.strerror or type(error).__name__}")
    writer.close()
    return Examined("address", True, place.base)


async def _certificate(target: Target, clock: Clock, timeout_s: float) -> Examined:
    """Look at the certificate twice: first whatever it is, for its fingerprint, then as it would be judged."""
    place = target.place
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE
    try:
        seen = await _fingerprint(place.host, place.port, looking, clock, timeout_s)
    except (OSError, ssl.SSLError, TimeoutError) as error:
        return Examined("certificate", False, "", f"line_lost: no TLS there ({type(error).__name__})")
    try:
        await _fingerprint(place.host, place.port, make_context(target.trust), clock, timeout_s)
    except DriverError as error:
        return Examined("certificate", False, seen, f"{error.word}: {error}")
    except (OSError, ssl.SSLError, TimeoutError) as error:
        why = why_not_trusted(error) or type(error).__name__
        return Examined("certificate", False, seen, f"misconfigured: {why}")
    return Examined("certificate", None if target.trust.insecure else True, seen)


async def _fingerprint(host: str, port: int, context: ssl.SSLContext, clock: Clock, timeout_s: float) -> str:
    _, writer = await within(clock, timeout_s, asyncio.open_connection(host, port, ssl=context, server_hostname=host))
    try:
        made = writer.get_extra_info("ssl_object")
        return hashlib.sha256(made.getpeercert(binary_form=True) or b"").hexdigest()
    finally:
        writer.close()


async def _asked(target: Target, calls: Calls) -> AsyncIterator[Examined]:
    async def product() -> Examined:
        said = await calls.product()
        return Examined("password", True, " ".join(one for one in (said.maker, said.model, said.firmware) if one))

    async def clock() -> Examined:
        off = await calls.clock_offset_s()
        return Examined("clock", abs(off) <= CLOCK_OFF_S, f"{off:+.1f} s")

    async def video() -> Examined:
        found = await calls.profiles()
        return Examined("video", bool(found), "; ".join(_profile(one) for one in found))

    async def picture() -> Examined:
        return Examined("picture", True, f"JPEG {len(await calls.picture())} bytes")

    async def doors() -> Examined:
        found = await calls.doors()
        return Examined("doors", bool(found), " ".join(one.token for one in found))

    login = await _step("password", product)
    yield login
    if login.well is False:  # a camera locks out who tries again and again
        return
    yield await _step("clock", clock)
    yield await _step("video", video)
    yield await _step("picture", picture)
    if any(one.camera is not None and one.camera.call == "door" for one in target.commands.values()):
        yield await _step("doors", doors)


def _profile(one: MediaProfile) -> str:
    said = [one.name or one.token, one.codec, f"{one.width}x{one.height}"]
    said += [f"{one.fps:g}/s"] if one.fps else []
    return " ".join(said + ([f"{one.bitrate_kbps} kbit/s"] if one.bitrate_kbps else []))


async def _step(name: Step, ask: Callable[[], Awaitable[Examined]]) -> Examined:
    try:
        return await ask()
    except NotSupported as error:
        return Examined(name, None, "", f"{error.word}: {error}")
    except DriverError as error:
        return Examined(name, False, "", f"{error.word}: {error}")


async def _told(target: Target, making: Making, seconds: float) -> AsyncIterator[Examined]:
    outbox, ends = Outbox(), making.clock.monotonic() + seconds
    hearing = asyncio.create_task(Camera(target, making, outbox).run(), name=f"hear {target.device}")
    try:
        while (left := ends - making.clock.monotonic()) > 0:
            try:
                taken = await within(making.clock, left, outbox.take())
            except TimeoutError:
                return
            for heard in taken:
                yield Examined("told", True, told=heard)
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
