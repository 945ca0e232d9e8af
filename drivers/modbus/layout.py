"""Which addresses of one device may be read in one request: the profile's word on it, and what the device taught."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from config.transport import Transport

FUNCTION: Final = {"coil": 1, "discrete_input": 2, "holding_register": 3, "input_register": 4}
BITS: Final = (1, 2)

ANSWERED, LOST = 0, -1
"""Outcomes of a request beside an exception's code: data came, or nothing that says anything about the addresses."""

_ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 2, 3


class Span(NamedTuple):
    """Addresses ``first`` to ``end`` - 1 that a point wants, of the table that ``function`` reads."""

    function: int
    first: int
    end: int


class Layout:
    """One device's. What it refused is remembered as long as the driver lives, and never asked for together again.

    ``tell`` is given a phrase for each thing learnt. ``on_trial``: points are asked for one by one, to see which of
    them spoils a request for all of them.
    """

    def __init__(self, transport: Transport, tell: Callable[[str], None] = lambda _: None) -> None:
        self._transport, self._tell = transport, tell
        self._limits = {
            function: transport.max_coils if function in BITS else transport.max_registers
            for function in FUNCTION.values()
        }
        self._holes = {
            Span(FUNCTION[table], first, last + 1)
            for table, ranges in transport.holes.items()
            for first, last in ranges
        }
        self._trial: tuple[Span, ...] = ()

    @property
    def on_trial(self) -> bool:
        """Whether the next outcomes are wanted even where nothing was refused."""
        return bool(self._trial)

    def blocks(self, spans: Collection[Span]) -> list[list[Span]]:
        """Return ``spans`` in the fewest requests that the device answers, each in order of address, none twice."""
        blocks: list[list[Span]] = []
        start, end = 0, 0
        for span in sorted(set(spans)):
            if blocks and blocks[-1][0].function == span.function and self._joins(blocks[-1], start, end, span):
                blocks[-1].append(span)
                end = max(end, span.end)
            else:
                blocks.append([span])
                start, end = self.start_of(span), span.end
        return blocks

    def start_of(self, first: Span) -> int:
        """Return the address at which a request whose first span is ``first`` begins."""
        return 0 if self._transport.coils_from_zero and first.function == FUNCTION["coil"] else first.first

    def learn(self, outcomes: Sequence[tuple[Sequence[Span], int]]) -> bool:
        """Take in what came of one poll's requests: the spans of each, and ``ANSWERED``, ``LOST`` or its exception.

        An illegal address splits a request at the addresses nobody asked for. Without any, its points go on trial: the
        ones that are refused on their own are left alone from then on; when all answer, the request was too long. An
        illegal value halves the longest request. Return whether asking again now would bring more.
        """
        if self._trial:
            self._judge({span: code for block, code in outcomes if len(block) == 1 for span in block})
        again = [
            self._split(block) if code == _ILLEGAL_ADDRESS else self._shorten(block)
            for block, code in outcomes
            if code in (_ILLEGAL_ADDRESS, _ILLEGAL_VALUE)
        ]
        return any(again)

    def _joins(self, block: Sequence[Span], start: int, end: int, span: Span) -> bool:
        if span.first >= start and span.end <= end:
            return True
        if self._transport.single_requests or span in self._trial or block[-1] in self._trial:
            return False
        if span.first - end > self._transport.max_gap or max(end, span.end) - start > self._limits[span.function]:
            return False
        wanted = Span(span.function, min(end, span.first), span.end)
        return not any(_meet(hole, wanted) or _meet(hole, block[-1]) for hole in self._holes)

    def _split(self, block: Sequence[Span]) -> bool:
        gaps = _gaps(block)
        if gaps:
            self._holes.update(gaps)
            self._tell(f"does not answer across {', '.join(map(_named, gaps))}")
        elif len(block) > 1 and not self._trial:
            self._trial = tuple(block)
        else:
            return False
        return True

    def _judge(self, alone: dict[Span, int]) -> None:
        codes = [alone.get(span, LOST) for span in self._trial]
        refused = [span for span, code in zip(self._trial, codes, strict=True) if code == _ILLEGAL_ADDRESS]
        if refused:
            self._holes.update(refused)
            self._tell(f"does not have {', '.join(map(_named, refused))}")
        elif LOST in codes:
            return
        else:
            self._limit(self._trial)
        self._trial = ()

    def _shorten(self, block: Sequence[Span]) -> bool:
        return len(block) > 1 and self._limit(block)

    def _limit(self, block: Sequence[Span]) -> bool:
        whole, widest = _whole(block), max(span.end - span.first for span in block)
        count = whole.end - self.start_of(block[0])
        if count > self._limits[whole.function]:  # learnt from a neighbour just now
            return True
        limit = max(widest, count // 2)
        if limit >= count:
            return False
        self._limits[whole.function] = limit
        self._tell(f"answers at most {limit} at once (refused {_named(whole)})")
        return True


def _meet(one: Span, other: Span) -> bool:
    return one.function == other.function and one.first < other.end and other.first < one.end


def _gaps(block: Sequence[Span]) -> list[Span]:
    gaps, end = [], block[0].end
    for span in block:
        if span.first > end:
            gaps.append(Span(span.function, end, span.first))
        end = max(end, span.end)
    return gaps


def _whole(block: Sequence[Span]) -> Span:
    return Span(block[0].function, block[0].first, max(span.end for span in block))


def _named(span: Span) -> str:
    name = next(table for table, function in FUNCTION.items() if function == span.function)
    return f"{name} {span.first}" if span.end - span.first == 1 else f"{name} {span.first}..{span.end - 1}"
