"""A gateway that tells people: alarms in, messages out over channels that are in a test's hands."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from config.channels import ChannelSettings, CommandSettings, RouteSettings, WebhookSettings
from config.hidden import Secret
from edge_agent.alarms.alarm import Verb
from edge_agent.heed import together
from edge_agent.notify.channel import Channel, NotSent
from edge_agent.notify.notice import Kind, Notice
from edge_agent.notify.notifier import Notifier
from edge_agent.notify.routes import Routes
from tests.unit.edge_agent.alarming import Office
from wire.alert import AlertChange, Level
from wire.outcome import Outcome

GUARD = WebhookSettings(name="guard", url=Secret("http://guard.invalid"))
MAIL = WebhookSettings(name="mail", url=Secret("http://mail.invalid"), lang="en")
SIREN = CommandSettings(name="siren", device="siren-1", command="sound", args={"seconds": 60})
EVERYTHING = RouteSettings(levels=("red", "orange", "yellow", "blue"), channels=("guard",))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def routes(*some: RouteSettings, channels: tuple[ChannelSettings, ...] = (GUARD, MAIL, SIREN)) -> Routes:
    """Return routes of a site with two doors in building 3 and a bin at the east gate."""
    places = {"door-1": "3幢", "door-2": "3幢2单元", "bin-1": "东门"}
    return Routes(
        channels={one.name: one for one in channels},
        routes=some or (EVERYTHING,),
        site="测试小区",
        zone=SHANGHAI,
        names={"door-1": "1号门"},
        places=places,
        groups={"door-1": "3幢", "door-2": "3幢", "bin-1": "东门"},
    )


@dataclass
class Post:
    """A channel: ``got`` is what was delivered, ``trouble`` is raised instead, ``slow`` holds every delivery up."""

    got: list[Notice] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    trouble: Exception | None = None
    slow: asyncio.Event | None = None
    tries: int = 0
    closed: int = 0

    async def send(self, notice: Notice, message: str) -> Outcome | None:
        self.tries += 1
        if self.slow is not None:
            await self.slow.wait()
        if self.trouble is not None:
            raise self.trouble
        self.got.append(notice)
        self.messages.append(message)
        return None

    async def close(self) -> None:
        self.closed += 1


class Teller(Office):
    """An office whose alarms are told to people."""

    def __init__(self, *some: RouteSettings) -> None:
        super().__init__()
        self.posts = {name: Post() for name in ("guard", "mail", "siren")}
        self.running: asyncio.Task[None] | None = None
        self.configure(routes(*some))

    def make(self, settings: ChannelSettings) -> Channel:
        return self.posts.setdefault(settings.name, Post())

    def configure(self, chosen: Routes) -> None:
        """Put the routes in force in a gateway that has just started."""
        self.routes = chosen
        self.notifier = Notifier(self.book, self.buffer, self.clock)
        self.heeding = together(self.book.under(()), self.notifier.under(chosen, self.make))

    async def start(self) -> None:
        self.running = asyncio.create_task(self.notifier.run())
        await self.clock.advance(0)

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running

    async def start_again(self) -> None:
        """Begin anew with nothing but what the buffer has."""
        await self.stop()
        await self.restart()
        self.configure(self.routes)
        await self.notifier.remember(self.buffer.note)
        await self.start()

    async def tell(self, *changes: AlertChange) -> None:
        heeded = self.heeding(changes)
        await self.buffer.put_now(alerts=(*changes, *heeded.also), notes=heeded.notes)
        heeded.begin()
        await self.clock.advance(0)

    async def does(self, verb: Verb, alert: str = "a1", *, note: str = "", until: int = 0) -> None:
        """Have a person do something about an alarm."""
        change = self.book.do(self.deed(verb, alert=alert, note=note, until=until))
        heeded = self.heeding([change])
        await self.buffer.put_now(alerts=(change,), notes=heeded.notes)
        heeded.begin()
        await self.clock.advance(0)

    def got(self, channel: str = "guard") -> list[tuple[str, Kind]]:
        return [(one.alert, one.kind) for one in self.posts[channel].got]

    def levels(self, channel: str = "guard") -> list[Level]:
        return [one.level for one in self.posts[channel].got]


def lost(word: str = "cannot_connect") -> NotSent:
    """Return what a channel says that is away."""
    return NotSent(word)
