"""A maker's own HTTP beside ONVIF: its stream, its recognition on demand, and its calls to whoever was configured."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from runtime.clock import Clock
from simulators.onvif import dahua, isapi
from simulators.onvif.blocks import Block, head
from simulators.onvif.events import Passage
from simulators.onvif.faults import Faults
from simulators.onvif.makers import Maker
from simulators.onvif.pushing import Pusher
from simulators.onvif.server import Answer, Request
from simulators.onvif.streams import Streams
from simulators.onvif.timers import Timers
from simulators.onvif.words import Words

WORDS: Mapping[str, Words] = {"isapi": isapi.WORDS, "dahua": dahua.WORDS}


class Beside:
    """What a camera with words of its own does; ``recognise`` has it look for a plate now."""

    def __init__(
        self,
        maker: Maker,
        push: str,
        clock: Clock,
        *,
        wrong: Faults,
        time: Callable[[], int],
        recognise: Callable[[], Passage | None],
    ) -> None:
        """``ValueError`` where ``push`` is no address to post to."""
        self._words, self._time, self._recognise = WORDS[maker.words], time, recognise
        self._picky = maker.all_codes
        self._timers = Timers(clock)
        self.streams = Streams(clock, wrong, self._words.boundary, lambda: self._words.heartbeat(time()))
        self.pusher = Pusher(push, clock, wrong) if push else None

    @property
    def listened_to(self) -> bool:
        """Tell whether anybody holds the stream or is called."""
        return bool(self.streams.open) or self.pusher is not None

    def has(self, path: str) -> bool:
        """Tell whether ``path`` is one of the maker's own."""
        return path in (self._words.path, self._words.recognition)

    def answer(self, request: Request) -> Answer:
        """Answer a request to one of them, which was believed."""
        path, _, query = request.target.partition("?")
        if path == self._words.recognition:
            return self._recognised()
        heartbeat_s = self._words.heartbeat_s
        if self._words.attaches:
            asked = parse_qs(query)
            if asked.get("action") != ["attach"] or (self._picky and asked.get("codes") != ["[All]"]):
                return Answer(400, b"Error\r\nBad Request!\r\n", "text/plain")
            heartbeat_s = float(asked.get("heartbeat", [heartbeat_s])[0])
        flood = self._words.alarm("motion", True, self._time())
        return Answer(200, media=self._words.media, stream=self.streams.held(heartbeat_s, lambda: flood))

    def passed(self, car: Passage) -> None:
        """Tell of a car."""
        self._tell(self._words.passed(car, self._time()))

    def alarm(self, name: str, on: bool) -> None:
        """Tell that an alarm begins or ends."""
        self._tell(self._words.alarm(name, on, self._time()))

    def truth(self) -> dict[str, Any]:
        """Return who listens, and how the calls were answered."""
        pushes = [] if self.pusher is None else list(self.pusher.answers)
        streams = {"open": self.streams.open, "opened": self.streams.opened, "sent": self.streams.sent}
        return {"streams": streams, "pushes": pushes}

    async def stop(self) -> None:
        """Call nobody any more."""
        await self._timers.stop()

    def _tell(self, blocks: Sequence[Block]) -> None:
        self.streams.tell(blocks)
        if self.pusher is not None and blocks:
            self._timers.run(self.pusher.push([self._words.pushed(block) for block in blocks]))

    def _recognised(self) -> Answer:
        car = self._recognise()
        if car is None:
            return Answer(200, _NOTHING, "application/xml")
        blocks, boundary = self._words.passed(car, self._time()), self._words.boundary
        body = b"".join(head(block, boundary) + block.body + b"\r\n" for block in blocks)
        return Answer(200, body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


_NOTHING = (
    b'<ResponseStatus version="2.0"><requestURL>/ISAPI/Traffic/MNPR/channels/1</requestURL><statusCode>4</statusCode>'
    b"<statusString>Invalid Operation</statusString><subStatusCode>noVehicle</subStatusCode></ResponseStatus>"
)
