"""A camera that is asked (``FakeCalls``) and one that is heard (``FakeVoice``): a test says what goes wrong."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from drivers.api import AnswerLost, DeviceRefused, DriverError
from drivers.onvif.calls import Door, MediaProfile, Product, Recorded
from runtime.clock import Clock
from wire.reading import Quality, Value

EMPTY = b"<tev:PullMessagesResponse/>"
"""An answer that tells nothing."""


def message(text: str = "something") -> bytes:
    """Return an answer that tells something, as far as somebody can see who does not decode it."""
    return f"<tev:PullMessagesResponse><wsnt:NotificationMessage>{text}</wsnt:NotificationMessage></>".encode()


class FakeCalls:
    """A ``Calls``. A call's name is its method's: ``asked`` has all in order, ``counts`` how many of each.

    What goes wrong: ``failing[name]`` is raised by the next calls, one each; ``refusing[name]`` by every one until it
    is taken out; what is in ``hanging`` is never answered; ``slow[name]`` seconds pass before an answer. So many as
    ``losing`` says of what does something are done and then not answered (``AnswerLost``).
    ``hurried``: polls with nothing to tell are answered at once.

    ``live`` are the subscriptions that it knows; they end by themselves as it was told. ``lose_subscriptions``
    forgets them, ``last_for`` lets them last otherwise. ``tell`` gives an answer to the next poll, any subscription's.
    ``done`` are the commands done.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.counts: Counter[str] = Counter()
        self.failing: dict[str, list[DriverError]] = {}
        self.refusing: dict[str, DriverError] = {}
        self.hanging: set[str] = set()
        self.slow: dict[str, float] = {}
        self.losing = 0
        self.hurried = False
        self.pulls: list[tuple[str, float, int]] = []
        self.done: list[str] = []
        self.what = Product("Linli", "Pretend Camera", "1.0.0", "LINLI0001")
        self.offset_s = 0.0
        self.videos: Sequence[MediaProfile] = (MediaProfile("P1", "main", "H264", 1920, 1080, 25.0, 4096),)
        self.address = "rtsp://192.0.2.7:554/main"
        self.jpeg = b"\xff\xd8\xff\xd9"
        self.record = Recorded(30.0, True)
        self.ways_in: Sequence[Door] = (Door("Door_1", True, True),)
        self.closed = False
        self._ends: dict[str, float] = {}
        self._waiting: deque[bytes] = deque()
        self._fresh = asyncio.Event()

    @property
    def live(self) -> set[str]:
        """Return the subscriptions that have not ended."""
        return {one for one, ends in self._ends.items() if ends > self.clock.monotonic()}

    @property
    def made(self) -> int:
        """Return how many subscriptions were made."""
        return self.counts["subscribe"]

    @property
    def renewed(self) -> int:
        """Return how often one was renewed."""
        return self.counts["renew"]

    @property
    def given_back(self) -> int:
        """Return how many were given back."""
        return self.counts["unsubscribe"]

    def tell(self, *bodies: bytes) -> None:
        """Let the next polls be answered so, one each."""
        self._waiting.extend(bodies)
        self._fresh.set()

    def fail(self, name: str, *errors: DriverError) -> None:
        """Let the next calls of ``name`` fail so, one each."""
        self.failing.setdefault(name, []).extend(errors)

    def lose_subscriptions(self) -> None:
        """Forget every subscription; polls that wait are refused."""
        self._ends.clear()
        self._fresh.set()

    def last_for(self, seconds: float) -> None:
        """Let every subscription end in so many seconds, whatever was asked for."""
        self._ends = dict.fromkeys(self._ends, self.clock.monotonic() + seconds)

    async def product(self) -> Product:
        await self._asked("product")
        return self.what

    async def clock_offset_s(self) -> float:
        await self._asked("clock_offset_s")
        return self.offset_s

    async def subscribe(self, lifetime_s: float) -> str:
        await self._asked("subscribe")
        made = f"http://192.0.2.7/onvif/subscription/{self.made}"
        self._ends[made] = self.clock.monotonic() + lifetime_s
        return made

    async def synchronise(self, subscription: str) -> None:
        await self._asked("synchronise")
        self._known(subscription)

    async def pull(self, subscription: str, wait_s: float, limit: int) -> bytes:
        self.pulls.append((subscription, wait_s, limit))
        await self._asked("pull")
        self._known(subscription)
        if not self._waiting and not self.hurried:
            await self._news(wait_s)
            self._known(subscription)
        answer = self._waiting.popleft() if self._waiting else EMPTY
        if not self._waiting:
            self._fresh.clear()
        return answer

    async def renew(self, subscription: str, lifetime_s: float) -> None:
        await self._asked("renew")
        self._known(subscription)
        self._ends[subscription] = self.clock.monotonic() + lifetime_s

    async def unsubscribe(self, subscription: str) -> None:
        await self._asked("unsubscribe")
        self._known(subscription)
        del self._ends[subscription]

    async def profiles(self) -> Sequence[MediaProfile]:
        await self._asked("profiles")
        return self.videos

    async def stream_address(self, profile: str) -> str:
        await self._asked("stream_address")
        return self.address

    async def picture(self) -> bytes:
        await self._asked("picture")
        return self.jpeg

    async def recorded(self) -> Recorded:
        await self._asked("recorded")
        return self.record

    async def doors(self) -> Sequence[Door]:
        await self._asked("doors")
        return self.ways_in

    async def release_relay(self, relay: str, seconds: float) -> None:
        await self._does("release_relay", f"{relay} {seconds:g}")

    async def access_door(self, door: str) -> None:
        await self._does("access_door", door)

    async def go_to_preset(self, preset: int) -> None:
        await self._does("go_to_preset", str(preset))

    async def reboot(self) -> None:
        await self._does("reboot", "")

    async def close(self) -> None:
        self.closed = True

    async def _does(self, name: str, what: str) -> None:
        await self._asked(name)
        self.done.append(f"{name} {what}".rstrip())
        if self.losing > 0:
            self.losing -= 1
            raise AnswerLost(f"nobody knows whether {name} was done")

    async def _asked(self, name: str) -> None:
        self.asked.append(name)
        self.counts[name] += 1
        if name in self.hanging:
            await asyncio.Event().wait()
        if name in self.slow:
            await self.clock.sleep(self.slow[name])
        if self.failing.get(name):
            raise self.failing[name].pop(0)
        if name in self.refusing:
            raise self.refusing[name]

    def _known(self, subscription: str) -> None:
        if subscription not in self.live:
            raise DeviceRefused("no such subscription", 400)

    async def _news(self, wait_s: float) -> None:
        over = asyncio.ensure_future(self.clock.sleep(wait_s))
        there = asyncio.ensure_future(self._fresh.wait())
        try:
            await asyncio.wait((over, there), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            there.cancel()
            await asyncio.gather(over, there, return_exceptions=True)


class FakeVoice:
    """A ``Voice`` that remembers. ``said`` has the kind of everything in order; ``full`` set to an event: what is
    awaited waits for it, as when there is no room. ``heed`` is called at each body.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self.bodies: list[bytes] = []
        self.stood: list[dict[str, tuple[Value, Quality]]] = []
        self.events: list[tuple[str, dict[str, Value], str, bytes]] = []
        self.pictures: list[bytes] = []
        self.errors: list[DriverError] = []
        self.gaps: list[tuple[int, str]] = []
        self.answers = 0
        self.full: asyncio.Event | None = None
        self.heed: Callable[[bytes], Awaitable[None]] | None = None

    async def body(self, body: bytes) -> None:
        await self._room("body")
        self.bodies.append(body)
        if self.heed is not None:
            await self.heed(body)

    async def points(self, values: Mapping[str, tuple[Value, Quality]]) -> None:
        await self._room("points")
        self.stood.append(dict(values))

    async def event(self, name: str, fields: Mapping[str, Value], *, number: str = "", picture: bytes = b"") -> None:
        await self._room("event")
        self.events.append((name, dict(fields), number, picture))

    async def picture(self, data: bytes) -> None:
        await self._room("picture")
        self.pictures.append(data)

    def there(self) -> None:
        self.said.append("there")
        self.answers += 1

    def gone(self, error: DriverError) -> None:
        self.said.append("gone")
        self.errors.append(error)

    async def missed(self, since: int, why: str) -> None:
        await self._room("missed")
        self.gaps.append((since, why))

    async def _room(self, kind: str) -> None:
        if self.full is not None:
            await self.full.wait()
        self.said.append(kind)
