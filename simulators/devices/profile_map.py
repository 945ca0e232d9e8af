"""The tables of a device as its profile draws them: which addresses there are, and what stands at each of them."""

from config.address import Options, resolve
from config.profile import Profile, RegisterPoint, StatePoint
from simulators.devices.encoding import Known, from_raw, from_words, registers_of, to_raw, to_words
from simulators.modbus.unit import COILS, DISCRETE_INPUTS, HOLDING_REGISTERS, INPUT_REGISTERS

_TABLE = {
    "coil": COILS,
    "discrete_input": DISCRETE_INPUTS,
    "holding_register": HOLDING_REGISTERS,
    "input_register": INPUT_REGISTERS,
}
_BITS = (COILS, DISCRETE_INPUTS)
_HALF = {"low_byte": 0, "high_byte": 8}


class ProfileMap:
    """``cells`` has for each table (its read function) what stands at each address that there is.

    Addresses that the profile does not name do not exist, except those between points that it says may be read along;
    its holes never do. Points, levels and states are set and got by key, in the unit of the catalogue; internal ones
    too. Within a register the high byte is the high byte here; ``as_sent`` knows how the product sends it.
    """

    def __init__(self, profile: Profile, options: Options) -> None:
        self._profile = profile
        self._options = options
        self._low_first = profile.transport.word_order == "little"
        self._points = {
            point.key: (point, at) for point in profile.points if (at := resolve(point.address, options)) is not None
        }
        self.cells: dict[int, dict[int, int]] = {}
        for point, at in self._points.values():
            table = self.cells.setdefault(_TABLE[point.table], {})
            table.update(dict.fromkeys(range(at, at + self._width(point)), 0))
        if profile.identify is not None:
            table = self.cells.setdefault(_TABLE[profile.identify.table], {})
            table[profile.identify.address] = profile.identify.expect
        named = {number: set(table) for number, table in self.cells.items()}
        for number, table in self.cells.items():
            _fill_gaps(table, profile.transport.max_gap)
            for hole in _holes(profile, number) - named[number]:
                table.pop(hole, None)
        for key in self._points:
            self._set_point(key, self._usual(key))

    @property
    def keys(self) -> tuple[str, ...]:
        """Return everything that can be set."""
        levels = (level.key for level in self._profile.levels)
        return (*self._points, *levels, *(state.key for state in self._profile.states))

    def set(self, key: str, value: Known) -> None:
        """Let the device show ``value``; ``KeyError`` for a key it lacks, ``ValueError`` for what it cannot show.

        A state comes about by what it is concluded from, a level by its distance.
        """
        state = next((one for one in self._profile.states if one.key == key), None)
        level = next((one for one in self._profile.levels if one.key == key), None)
        if state is not None:
            self._set_state(state, value)
        elif level is not None:
            empty, full = self._number(level.empty), self._number(level.full)
            self._set_point(level.source, empty - float(value) / 100 * (empty - full))
        else:
            self._set_point(key, value)

    def get(self, key: str) -> Known:
        """Return what the device shows at a point now, in the steps in which it can; ``KeyError`` for others."""
        point, at = self._points[key]
        table = self.cells[_TABLE[point.table]]
        raw = from_words(point.encoding, [table[at + n] for n in range(self._width(point))], low_first=self._low_first)
        if point.bit is not None:
            raw = int(raw) >> point.bit & 1
        elif point.encoding in _HALF:
            raw = int(raw) >> _HALF[point.encoding] & 0xFF
        return from_raw(point, raw)

    def values(self) -> dict[str, Known]:
        """Return what every point shows."""
        return {key: self.get(key) for key in self._points}

    def fields(self, table: int) -> list[tuple[int, int]]:
        """Return address and number of registers of every value in ``table``, once where several share them."""
        points = (pair for pair in self._points.values() if _TABLE[pair[0].table] == table)
        return list(dict.fromkeys((at, self._width(point)) for point, at in points))

    def as_sent(self, words: list[int]) -> list[int]:
        """Return registers as the product sends them: some put the low byte of each first."""
        if self._profile.transport.byte_order == "big":
            return words
        return [(word & 0xFF) << 8 | word >> 8 for word in words]

    def _set_point(self, key: str, value: Known) -> None:
        point, at = self._points[key]
        table, raw = self.cells[_TABLE[point.table]], to_raw(point, value)
        if point.bit is not None:
            table[at] = table[at] & ~(1 << point.bit) | int(raw) << point.bit
        elif point.encoding in _HALF:
            to_words(point.encoding, raw, low_first=False)
            shift = _HALF[point.encoding]
            table[at] = table[at] & ~(0xFF << shift) | int(raw) << shift
        else:
            for place, word in enumerate(to_words(point.encoding, raw, low_first=self._low_first)):
                table[at + place] = word

    def _set_state(self, state: StatePoint, value: Known) -> None:
        case = next((case for case in state.cases if case.value == value and set(self._points) >= set(case.when)), None)
        if case is None:
            raise ValueError(f"{state.key} cannot be made {value!r}")
        for other in state.cases:
            for key in other.when.keys() - case.when.keys():
                if key in self._points:
                    self._set_point(key, False)
        for key, wanted in case.when.items():
            self._set_point(key, wanted)

    def _usual(self, key: str) -> Known:
        point, _ = self._points[key]
        if point.words:
            return next(iter(point.words.values()))
        if point.encoding == "hex64":
            return ""
        low, high = point.plausible or (0.0, 0.0)
        return (low + high) / 2

    def _number(self, option: str) -> float:
        value = self._options[option]
        if not isinstance(value, int | float):
            raise ValueError(f"{option} is no distance")
        return float(value)

    def _width(self, point: RegisterPoint) -> int:
        return 1 if _TABLE[point.table] in _BITS else registers_of(point.encoding)


def _holes(profile: Profile, table: int) -> set[int]:
    ranges = (ends for name, ends in profile.transport.holes.items() if _TABLE[name] == table)
    return {address for ends in ranges for first, last in ends for address in range(first, last + 1)}


def _fill_gaps(table: dict[int, int], widest: int) -> None:
    for here, after in zip(sorted(table)[:-1], sorted(table)[1:], strict=True):
        if after - here - 1 <= widest:
            for between in range(here + 1, after):
                table[between] = 0
