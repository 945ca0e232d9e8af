"""The grammar of what is compared: points, values, settings, and figures over time such as ``p95(flow_m3h, 30d)``."""

from typing import Final, NoReturn

from config.cursor import NO_VALUES, RESERVED, Cursor, literal
from config.problems import nearest
from config.terms import (
    Absolute,
    Count,
    Literal,
    Measure,
    MeasureName,
    Point,
    Quantity,
    Scaled,
    Setting,
    Signal,
    UsualCount,
)
from config.tokens import ExpressionError, Token

_WINDOWED: Final[dict[str, MeasureName]] = {
    "delta": "delta", "rate": "rate", "min": "min", "max": "max", "mean": "mean", "p95": "p95",
}  # fmt: skip
_DAILY: Final = frozenset({"min", "max", "mean", "p95"})
_OTHERS: Final = ("usual", "count", "usual_count", "abs", "setting")
_JUDGING: Final = ("stale", "bad", "absent")
FUNCTIONS: Final = frozenset({*_WINDOWED, *_OTHERS, *_JUDGING})
"""What may stand before a bracket and is no event."""

_MEANT: Final = {"avg": "mean", "average": "mean", "maximum": "max", "minimum": "min", "sum": "count", "median": "mean"}


class Quantities(Cursor):
    """Reads quantities; what a signal is, its heir knows."""

    def _signal(self) -> Signal:
        raise NotImplementedError

    def _quantity(self, *, word: bool) -> Quantity:
        """Take one side of a comparison; a bare name is a ``word`` of the catalogue, or a point."""
        first = self._next
        left = self._base(word=word)
        if self._next.kind != "star":
            return left
        self._take()
        right = self._base(word=False)
        for number, of in ((left, right), (right, left)):
            if isinstance(number, Literal) and not isinstance(of, Literal):
                if isinstance(number.value, bool | str):
                    break
                return Scaled(float(number.value), of, first.offset)
        raise ExpressionError(
            "* 的一边要是数, 另一边是测点或统计量", "* takes a number and a point or figure", first.offset,
            self._ahead(-1).offset + len(self._ahead(-1).text) - first.offset,
            fix_zh="例如 3 * p95(flow_m3h, 30d)", fix_en="like 3 * p95(flow_m3h, 30d)",
        )  # fmt: skip

    def _base(self, *, word: bool) -> Quantity:
        token = self._next
        if token.kind == "duration":
            raise ExpressionError(
                f"“{token.text}”是时间长度, 不能比较", f"“{token.text}” is a length of time and cannot be compared",
                token.offset, len(token.text), fix_zh="只写数, 单位由测点决定; 持续多久写在 for 里",
                fix_en="write the number alone, in the point's unit; how long it must hold goes into for",
            )  # fmt: skip
        if token.kind not in ("name", "number", "string") or token.text in (NO_VALUES if word else RESERVED):
            raise self._unexpected()
        if token.kind == "name" and self._ahead().kind == "open":
            return self._function()
        self._take()
        if token.kind != "name" or word or token.text in ("true", "false"):
            return literal(token)
        return Point(token.text, token.offset)

    def _function(self) -> Quantity:
        name = self._take()
        bracket = self._take().offset
        self._deeper()
        found: Quantity
        match name.text:
            case "abs":
                found = Absolute(self._quantity(word=False), name.offset)
                if isinstance(found.of, Literal):
                    raise self._takes(name, "一个测点或统计量", "a point or figure", "abs(delta(level_cm, 5m))")
            case "setting":
                found = Setting(self._name("这里写设置名", "the name of a setting belongs here").text, name.offset)
            case "count":
                found = Count(self._signal(), self._second(name), name.offset)
            case "usual_count":
                found = UsualCount(self._signal(), name.offset)
            case "usual":
                found = Measure("usual", self._point(name), None, name.offset)
            case _ if name.text in _WINDOWED:
                point = self._point(name)
                self._comma(name)
                daily = self._next.kind == "span" and name.text in _DAILY
                window = self._daily() if daily else self._window()
                found = Measure(_WINDOWED[name.text], point, window, name.offset)
            case _:
                self._no_function(name)
        if self._next.kind == "comma":
            raise self._unexpected(f"{name.text}( ) 到这里就完了, 写 )", f"{name.text}( ) ends here: write )")
        self._close(bracket)
        self._depth -= 1
        return found

    def _point(self, function: Token) -> Point:
        """Take the point that a function is about."""
        token = self._next
        if token.kind != "name" or token.text in RESERVED or token.text in ("true", "false"):
            raise self._unexpected(f"{function.text}( ) 里先写一个测点", f"{function.text}( ) takes a point first")
        if self._ahead().kind == "open":
            raise self._unexpected(
                f"{function.text}( ) 里只能写测点, 不能再套函数", f"{function.text}( ) takes a point, not a function"
            )
        self._take()
        return Point(token.text, token.offset)

    def _second(self, function: Token) -> float:
        """Take the comma and the window after it."""
        self._comma(function)
        return self._window()

    def _comma(self, function: Token) -> None:
        example = f"{function.text}(…, 10m)"
        if self._next.kind in ("close", "end"):
            raise ExpressionError(
                f"{function.text} 缺少时间窗口", f"{function.text} has no window", self._next.offset,
                fix_zh=f"写成 {example}", fix_en=f"write {example}",
            )  # fmt: skip
        if self._next.kind != "comma":
            raise self._unexpected(f"写成 {example}", f"write {example}")
        self._take()

    def _takes(self, name: Token, zh: str, en: str, example: str) -> ExpressionError:
        return ExpressionError(
            f"{name.text}( ) 里要写{zh}", f"{name.text}( ) takes {en}", name.offset, len(name.text),
            fix_zh=f"例如 {example}", fix_en=f"like {example}",
        )  # fmt: skip

    def _no_function(self, name: Token) -> NoReturn:
        if name.text in _JUDGING:
            raise ExpressionError(
                f"{name.text}( ) 本身就是条件, 不能再比较", f"{name.text}( ) is a condition and not a value",
                name.offset, len(name.text),
            )  # fmt: skip
        meant = _MEANT.get(name.text) or nearest(name.text, FUNCTIONS)
        known = ", ".join(sorted(FUNCTIONS))
        zh, en = (f"是不是 {meant}? ", f"did you mean {meant}? ") if meant else ("", "")
        raise ExpressionError(
            f"没有函数“{name.text}”", f"there is no function “{name.text}”", name.offset, len(name.text),
            fix_zh=f"{zh}可用: {known}", fix_en=f"{en}there are: {known}",
        )  # fmt: skip
