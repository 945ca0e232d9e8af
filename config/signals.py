"""The grammar of what happens: an event, a change of a point, a report, a condition that comes true; and where.

What a condition is, the heir in ``config/expression.py`` knows.
"""

from typing import Final

from config.cursor import RESERVED, literal
from config.quantities import FUNCTIONS, Quantities
from config.terms import (
    Absolute,
    And,
    Bad,
    Becomes,
    Compare,
    Expression,
    Happened,
    Holds,
    In,
    InList,
    Literal,
    Not,
    Or,
    Point,
    Recent,
    Reported,
    ReportName,
    Scaled,
    Scope,
    Setting,
    Signal,
    Stale,
    Without,
    walk,
)
from config.tokens import ExpressionError

_REPORTS: Final[dict[str, ReportName]] = {"any": "any", "bad": "bad", "offline": "offline", "online": "online"}
_OF_FIELDS: Final = (Compare, In, InList, And, Or, Not, Point, Literal)
_OF_POINTS: Final = (*_OF_FIELDS, Stale, Bad, Setting, Absolute, Scaled)


class Signals(Quantities):
    """Reads signals."""

    def _or(self) -> Expression:
        raise NotImplementedError

    def _not(self) -> Expression:
        raise NotImplementedError

    def _comparison(self) -> Expression:
        raise NotImplementedError

    def _is_event(self) -> bool:
        """Tell whether ``event X``, ``X.field`` or ``X(...)`` stands here."""
        token, follows = self._next, self._ahead()
        if token.text == "event" and follows.kind == "name":
            return True
        return follows.kind == "dot" or (follows.kind == "open" and self._is_bracketed_event())

    def _is_bracketed_event(self) -> bool:
        """A name before a bracket is a function's, a misspelt one's (``avg(x, 5m)``) or an event's."""
        return self._next.text not in FUNCTIONS and self._ahead(3).kind not in ("comma", "close", "end")

    def _happened(self) -> Happened:
        """Take ``event X``, ``X.field op value`` or ``X(condition)``."""
        start = self._next.offset
        if self._word("event") and self._ahead().kind == "name":
            self._take()
        name = self._name("这里写事件名", "the name of an event belongs here")
        if self._next.kind == "dot":
            self._take()
            return Happened(name.text, self._fields(self._comparison()), start)
        if self._next.kind == "open":
            bracket = self._take().offset
            where = self._fields(self._or())
            self._close(bracket)
            return Happened(name.text, where, start)
        return Happened(name.text, None, start)

    def _fields(self, where: Expression) -> Expression:
        for each in walk(where):
            if not isinstance(each, _OF_FIELDS):
                raise ExpressionError(
                    "事件的字段只能和值比较", "a field of an event is compared with a value", each.offset,
                    fix_zh="例如 plate_read(list == white and confidence >= 0.95)",
                    fix_en="like plate_read(list == white and confidence >= 0.95)",
                )  # fmt: skip
        return where

    def _without(self, signal: Signal, start: int) -> Without:
        self._take()
        others: list[Signal] = []
        if self._next.kind == "open":
            bracket = self._take().offset
            others.append(self._signal("place"))
            while self._word("or"):
                self._take()
                others.append(self._signal("place"))
            self._close(bracket)
        else:
            others.append(self._signal("place"))
        if not self._word("within"):
            raise self._unexpected("without 后面要写 within 和时间, 例如 within 5s", "without needs within: within 5s")
        self._take()
        return Without(signal, tuple(others), self._window(), start)

    def _signal(self, default: Scope = "device") -> Signal:
        """Take something that happens, and where."""
        start = self._next.offset
        self._deeper()
        what = self._happening()
        self._depth -= 1
        return Signal(what, self._scope(default), start)

    def _happening(self) -> Reported | Happened | Becomes | Holds:
        token, follows = self._next, self._ahead()
        if token.kind == "open":
            return self._bracketed()
        if token.kind == "name" and token.text not in RESERVED:
            if follows.kind == "arrow":
                self._take(), self._take()
                return Becomes(Point(token.text, token.offset), literal(self._value()), token.offset)
            if self._is_event():
                return self._happened()
            if self._ends_signal():
                report = _REPORTS.get(self._take().text)
                return Reported(report, token.offset) if report else Happened(token.text, None, token.offset)
        return self._holds(self._not(), token.offset)

    def _ends_signal(self) -> bool:
        """Tell whether the name here stands alone."""
        follows = self._ahead()
        if follows.kind == "name":
            return follows.text != "not" and (follows.text != "in" or self._ahead(2).text == "same")
        return follows.kind in ("close", "comma", "end")

    def _bracketed(self) -> Reported | Happened | Becomes | Holds:
        bracket = self._take().offset
        start = self._at
        what = self._happening()
        if self._word("and", "or"):
            self._at = start
            what = self._holds(self._or(), bracket)
        self._close(bracket)
        return what

    def _as_signal(self, term: Expression, start: int) -> Signal:
        if isinstance(term, Recent):
            return term.signal
        return Signal(self._holds(term, start), "device", start)

    def _holds(self, condition: Expression, start: int) -> Holds:
        for each in walk(condition):
            if not isinstance(each, _OF_POINTS):
                raise ExpressionError(
                    "这里只能写事件或测点的比较", "an event or a comparison of points belongs here", each.offset,
                    fix_zh="例如 smoke_alarm, door_state -> open, motion == true",
                    fix_en="like smoke_alarm, door_state -> open, motion == true",
                )  # fmt: skip
        return Holds(condition, start)
