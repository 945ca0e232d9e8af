"""A picture that somebody asked a camera for: told under a reference that the command's readback names."""

from drivers.api import Picture
from drivers.onvif.camera import Camera, Making, Ways
from drivers.onvif.outbox import Outbox
from drivers.onvif.target import Target
from drivers.onvif.voice import Voice
from runtime.clock import Clock
from runtime.testing import FakeClock
from tests.fakes.camera import FakeCalls
from tests.unit.drivers.onvif.seeing import target


async def _nothing(target: Target, voice: Voice, clock: Clock, timeout_s: float) -> None:
    """Recognise nothing."""


async def test_the_readback_of_a_snapshot_names_the_picture() -> None:
    clock, outbox = FakeClock(), Outbox()
    making = Making(lambda *_: FakeCalls(clock), lambda *_: Ways({}), _nothing, clock, 5.0)
    camera = Camera(target("anpr/onvif"), making, outbox)
    readback = await camera.execute("snapshot", {})
    (picture,) = await outbox.take()
    assert isinstance(picture, Picture)
    assert readback == {"snapshot_ref": picture.reference, "picture_taken": True}
