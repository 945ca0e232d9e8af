"""Any product of ``config/profiles`` as a pretend device: its map, its habits, and commands that simply come true."""

from collections.abc import Mapping

from config.address import Options
from config.profile import Profile
from runtime.clock import Clock
from simulators.devices.encoding import Known
from simulators.devices.profile_commands import Done, recognise
from simulators.devices.profile_map import ProfileMap
from simulators.modbus.unit import (
    COILS,
    HOLDING_REGISTERS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    WRITE_COIL,
    WRITE_COILS,
    Read,
    RefusedError,
    Unit,
)


class ProfiledUnit(Unit):
    """A device of ``profile`` wired as ``options`` say. ``values`` is what it shows at first; the rest is in the middle
    of what is plausible, off, or the first of its words.

    It refuses what the profile does not name, a hole of it, more than it says may be asked at once, and with
    ``single_requests`` whatever is more than one value; it sends bytes in the profile's order (writes are taken plain),
    and is deaf for its ``min_gap_ms`` after each answer. What a command expects to see comes true at once; where the
    command takes ``seconds`` it is undone when they are over. A write that is no command is kept where it was written.
    """

    model = "profile"
    deeds = frozenset({"set"})

    def __init__(
        self,
        address: int,
        clock: Clock,
        profile: Profile,
        *,
        options: Options | None = None,
        values: Mapping[str, Known] | None = None,
    ) -> None:
        super().__init__(address)
        defaults = {name: option.default for name, option in profile.options.items() if option.default is not None}
        self.profile = profile
        self.commands: list[dict[str, object]] = []
        self._options: Options = {**defaults, **(options or {})}
        self._clock = clock
        self._map = ProfileMap(profile, self._options)
        self._deaf_until = 0.0
        self._undo: list[tuple[float, str, Known]] = []
        for key, value in (values or {}).items():
            self.set(key, value)

    def set(self, key: str, value: Known) -> None:
        """Let it show ``value`` at ``key``; ``KeyError`` or ``ValueError`` where it cannot."""
        self._settle()
        self._map.set(key, value)

    def get(self, key: str) -> Known:
        """Return what it shows at a register point now."""
        self._settle()
        return self._map.get(key)

    def listens(self) -> bool:
        """Tell whether the silence that it needs after its last answer is over."""
        return self._clock.monotonic() >= self._deaf_until

    def read_bits(self, read: Read) -> list[bool]:
        """Return coils or discrete inputs of the map."""
        return [bool(value) for value in self._read(read, self.profile.transport.max_coils)]

    def read_registers(self, read: Read) -> list[int]:
        """Return registers of the map."""
        words = self._read(read, self.profile.transport.max_registers)
        parts = [field for field in self._map.fields(read.function) if read.meets(*field)]
        if self.profile.transport.single_requests and len(parts) > 1:
            raise RefusedError(ILLEGAL_VALUE)
        return self._map.as_sent(words)

    def write_coil(self, address: int, value: int) -> None:
        """Do the command that function 5 gives, or keep an ordinary coil's value."""
        if not self._commanded(WRITE_COIL, address, [value]):
            if value not in (0xFF00, 0x0000):
                raise RefusedError(ILLEGAL_VALUE)
            self._keep(COILS, address, [int(value == 0xFF00)])

    def write_coils(self, address: int, values: list[bool]) -> None:
        """Do the command that function 15 gives, or keep the coils."""
        bits = [int(value) for value in values]
        if not self._commanded(WRITE_COILS, address, bits):
            self._keep(COILS, address, bits)

    def write_registers(self, function: int, address: int, values: list[int]) -> None:
        """Do the command that function 6 or 16 gives, or keep the registers."""
        if not self._commanded(function, address, values):
            self._keep(HOLDING_REGISTERS, address, values)

    def swapped(self, read: Read, words: list[int]) -> list[int]:
        """Return the registers with the words of each long value in the other order."""
        changed = list(words)
        for at, width in self._map.fields(read.function):
            if width > 1 and read.covers(at, width):
                first = at - read.address
                changed[first : first + width] = words[first : first + width][::-1]
        return changed

    def truth(self) -> dict[str, object]:
        """Return what was served and asked here, and what it shows."""
        self._settle()
        return {
            "profile": self.profile.id,
            "reads": self.reads,
            "commands": self.commands,
            "values": self._map.values(),
        }

    def _read(self, read: Read, most: int) -> list[int]:
        self._settle()
        self._rest()
        table = self._map.cells.get(read.function)
        if table is None:
            raise RefusedError(ILLEGAL_FUNCTION)
        if read.count > most:
            raise RefusedError(ILLEGAL_VALUE)
        span = range(read.address, read.address + read.count)
        if not table.keys() >= set(span):
            raise RefusedError(ILLEGAL_ADDRESS)
        return [table[address] for address in span]

    def _keep(self, function: int, address: int, values: list[int]) -> None:
        table = self._map.cells.get(function, {})
        span = range(address, address + len(values))
        if not table.keys() >= set(span):
            raise RefusedError(ILLEGAL_ADDRESS)
        self._settle()
        table.update(zip(span, values, strict=True))
        self._log({"write": address, "values": values})

    def _commanded(self, function: int, address: int, values: list[int]) -> bool:
        self._rest()
        done = recognise(self.profile, self._options, function, address, values)
        if done is None:
            return False
        self._settle()
        self._log({"command": done.name, "args": done.args})
        for key, wanted in done.command.expect.items():
            self._come_true(done, key, wanted[0] if isinstance(wanted, tuple) else wanted)
        return True

    def _come_true(self, done: Done, key: str, value: Known) -> None:
        if "seconds" in done.args:
            before = next((was for _, of, was in self._undo if of == key), self._map.get(key))
            self._undo = [entry for entry in self._undo if entry[1] != key]
            self._undo.append((self._clock.monotonic() + done.args["seconds"], key, before))
        self._map.set(key, value)

    def _settle(self) -> None:
        """Undo what was for a time only and whose time is over."""
        now = self._clock.monotonic()
        for until, key, before in [entry for entry in self._undo if entry[0] <= now]:
            self._undo.remove((until, key, before))
            self._map.set(key, before)

    def _rest(self) -> None:
        self._deaf_until = self._clock.monotonic() + self.profile.transport.min_gap_ms / 1000

    def _log(self, what: dict[str, object]) -> None:
        self.commands.append({"at": self._clock.now(), **what})
