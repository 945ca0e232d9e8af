"""A buffer in memory that remembers everything it was given, in order."""

from collections.abc import Mapping, Sequence

from edge_agent.buffer import AcceptedCommand, NotDurable
from wire.alert import AlertChange
from wire.chunk import ClockFix
from wire.event import Event
from wire.inventory import Inventory
from wire.outcome import Outcome
from wire.reading import Batch


class FakeBuffer:
    """``refuses``: commands cannot be remembered, as on a full card."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.events: list[Event] = []
        self.routine: list[Event] = []
        self.alerts: list[AlertChange] = []
        self.states: list[bytes] = []
        self.outcomes: list[Outcome] = []
        self.inventories: list[Inventory] = []
        self.fixes: list[ClockFix] = []
        self.accepted: dict[str, str] = {}
        self.refuses = False
        self.notes: dict[str, bytes] = {}

    async def put(self, item: Batch | Event) -> None:
        if isinstance(item, Batch):
            self.batches.append(item)
        else:
            self.routine.append(item)

    async def put_now(
        self,
        *,
        events: Sequence[Event] = (),
        alerts: Sequence[AlertChange] = (),
        outcomes: Sequence[Outcome] = (),
        inventory: Inventory | None = None,
        rules_state: bytes | None = None,
        fixes: Sequence[ClockFix] = (),
        notes: Mapping[str, bytes] | None = None,
    ) -> bool:
        self.events += events
        self.alerts += alerts
        self.notes.update(notes or {})
        self.outcomes += outcomes
        self.fixes += fixes
        if inventory is not None:
            self.inventories.append(inventory)
        if rules_state is not None:
            self.states.append(rules_state)
        return True

    async def note(self, name: str) -> bytes | None:
        return self.notes.get(name)

    async def accept_command(self, command: str, device: str) -> bool:
        if self.refuses:
            raise NotDurable("the disk is full")
        if command in self.accepted:
            return False
        self.accepted[command] = device
        return True

    async def unfinished_commands(self) -> list[AcceptedCommand]:
        done = {outcome.command for outcome in self.outcomes}
        return [AcceptedCommand(one, device, 0) for one, device in self.accepted.items() if one not in done]
