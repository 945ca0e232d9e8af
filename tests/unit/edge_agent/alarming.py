"""A desk with a book of alarms on a buffer in memory, and alerts to put into it."""

from collections.abc import Sequence

from config.settings import RuleSettings
from edge_agent.alarms.alarm import Ack, Alarm, Deed, Verb
from edge_agent.alarms.book import AlarmBook
from edge_agent.alarms.desk import AlarmDesk
from edge_agent.heed import Heed, Heeded
from runtime.testing import FakeClock
from tests.fakes.buffer import FakeBuffer
from wire.alert import AlertChange, AlertState, Level

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def alert(
    state: AlertState = AlertState.RAISED,
    level: Level = Level.YELLOW,
    *,
    alert: str = "a1",
    rule: str = "held_open",
    device: str = "door-1",
    at: int = 1,
    latched: bool = False,
) -> AlertChange:
    """Return a change that a rule made."""
    text = {"zh": f"{device} 长时间未关", "en": f"{device} is held open"}
    return AlertChange(alert, rule, device, state, level, at, at, latched, text=text)


class Office:
    """A desk whose buffer survives it: ``restart`` makes another one from what was stored."""

    def __init__(self, rules: Sequence[RuleSettings] = ()) -> None:
        self.clock, self.buffer, self.rules = FakeClock(), FakeBuffer(), rules
        self.followed: list[AlertChange] = []
        self.begun = 0
        self._open()

    def _open(self) -> None:
        self.book = AlarmBook(self.clock.now)
        self.desk = AlarmDesk(self.book, self.buffer, self, self.clock)

    @property
    def heed(self) -> Heed:
        return self._follow

    def _follow(self, changes: Sequence[AlertChange]) -> Heeded:
        self.followed += changes
        return Heeded({}, self._begin)

    def _begin(self) -> None:
        self.begun += 1

    async def restart(self) -> None:
        self._open()
        await self.book.read(self.buffer.note)

    async def tell(self, *changes: AlertChange) -> None:
        """Have the book heed changes and store them, as the pipeline does."""
        heeded = self.book.under(self.rules)(changes)
        await self.buffer.put_now(alerts=(*changes, *heeded.also), notes=heeded.notes)

    def deed(
        self, verb: Verb, who: str = "li", *, alert: str = "a1", note: str = "", after_s: float = 0.0, until: int = 0
    ) -> Deed:
        return Deed(verb, alert, who, self.clock.now() + round(after_s * 1e6), note, until)

    def one(self, alert: str = "a1") -> Alarm | None:
        return self.book.get(alert)

    def taken_note(self, alert: str = "a1") -> Ack:
        """Return the acknowledgement of an alarm that has one."""
        found = self.book.get(alert)
        assert found is not None
        assert found.ack is not None
        return found.ack

    def standing(self, alert: str = "a1") -> str | None:
        found = self.book.get(alert)
        return None if found is None else self.book.standing_of(found).value
