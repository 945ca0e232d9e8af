"""The mechanics of a barrier gate: a boom that takes its time, two limit switches, two loops, and no mercy.

It has no anti-smash of its own: a boom lowered onto a car hits it, and says so, so that tests can see what the
gateway's interlock is worth.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from runtime.clock import Clock
from simulators.devices.board import Act, Board

_HITS_BELOW = 0.3
_PASSABLE_FROM = 0.9
_CLOSE_ENOUGH = 1e-9


@dataclass(slots=True)
class Car:
    """Who stood before the boom, from ``came`` on (wall time, µs); ``entered`` and ``left`` are ``None`` until then."""

    plate: str
    came: int
    entered: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Smash:
    """The boom came down onto a car at ``at`` (wall time, µs)."""

    at: int


class Barrier:
    """A boom on three relays: each rising edge is one push on the drive's up, down or stop terminal.

    ``travel_s`` is the time from closed to open. All mechanics is worked out from the clock when somebody looks.
    """

    model = "barrier"
    deeds = frozenset({"push_up", "push_down", "push_stop", "car_arrives", "car_enters", "car_leaves", "hold"})

    def __init__(
        self,
        board: Board,
        clock: Clock,
        *,
        relays: dict[str, int],
        inputs: dict[str, int],
        travel_s: float = 3.0,
    ) -> None:
        self.board = board
        self.travel_s = travel_s
        self.smashes: list[Smash] = []
        self.passages = 0
        self.cars: list[Car] = []
        self.commands: list[tuple[str, Act]] = []
        self._clock = clock
        self._position, self._direction, self._since = 0.0, 0, clock.monotonic()
        self._front = self._under = self._held = False
        self._read_by = inputs["limit_closed"]
        sources: dict[str, Callable[[], bool]] = {
            "limit_open": lambda: self.position >= 1.0 - _CLOSE_ENOUGH,
            "limit_closed": lambda: self.position <= _CLOSE_ENOUGH,
            "loop_front": lambda: self._front,
            "loop_under": lambda: self._under,
        }
        for key, channel in inputs.items():
            board.wire(channel, sources[key])
        pushes = {"up": self.push_up, "down": self.push_down, "stop": self.push_stop}
        for key, channel in relays.items():
            board.listen(channel, self._terminal(key, pushes[key]))

    @property
    def position(self) -> float:
        """Return where the boom is: 0 closed, 1 open."""
        self._settle()
        return self._position

    @property
    def reads(self) -> int:
        """Return how many answers showed this barrier's lower limit switch."""
        return self.board.input_reads[self._read_by - 1]

    def push_up(self) -> None:
        """Drive up, as the guard's handset does."""
        self._drive(1)

    def push_down(self) -> None:
        """Drive down."""
        self._drive(-1)

    def push_stop(self) -> None:
        """Stop where it is."""
        self._drive(0)

    def hold(self, on: bool) -> None:
        """Block the drive (a jam): pushes are heard and nothing moves."""
        self._settle()
        self._held = on
        if on:
            self._direction = 0

    def car_arrives(self, plate: str = "") -> None:
        """A car stands on the loop before the boom."""
        self._front = True
        self.cars.append(Car(plate, self._clock.now()))

    def car_enters(self) -> bool:
        """The car drives under the boom; ``False`` if the boom is not up, and the car stays where it is."""
        if self.position < _PASSABLE_FROM:
            return False
        self._front, self._under = False, True
        if self.cars:
            self.cars[-1].entered = self._clock.now()
        return True

    def car_leaves(self) -> None:
        """The car clears both loops, forwards or (where it never got under) backwards."""
        self._settle()
        self.passages += self._under
        self._front = self._under = False
        if self.cars:
            self.cars[-1].left = self._clock.now()

    def truth(self) -> dict[str, object]:
        """Return what was served, asked and done here."""
        self._settle()
        return {
            "reads": self.reads,
            "commands": [{"terminal": terminal, **act.as_json()} for terminal, act in self.commands],
            "smashes": [{"at": smash.at} for smash in self.smashes],
            "passages": self.passages,
            "cars": [asdict(car) for car in self.cars],
            "position": round(self._position, 3),
        }

    def _terminal(self, key: str, push: Callable[[], None]) -> Callable[[Act, bool], None]:
        def heard(act: Act, rose: bool) -> None:
            self.commands.append((key, act))
            if rose:
                push()

        return heard

    def _drive(self, direction: int) -> None:
        self._settle()
        self._direction = 0 if self._held else direction

    def _settle(self) -> None:
        """Bring position up to now; a boom that met a car on its way down stops on it."""
        now = self._clock.monotonic()
        elapsed, self._since = now - self._since, now
        if not self._direction or elapsed <= 0:
            return
        target = min(1.0, max(0.0, self._position + self._direction * elapsed / self.travel_s))
        hit_at = min(self._position, _HITS_BELOW)
        if self._direction < 0 and self._under and target < hit_at:
            ago_s = (hit_at - (self._position - elapsed / self.travel_s)) * self.travel_s
            self.smashes.append(Smash(self._clock.now() - round(ago_s * 1e6)))
            self._position, self._direction = hit_at, 0
            return
        self._position = target
        if target in (0.0, 1.0):
            self._direction = 0
