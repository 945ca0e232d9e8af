"""What ``edge-agent rules explain`` prints: the answer in one sentence, then each term, its value and its reason."""

from collections.abc import Iterator
from typing import Final

from config.settings import GatewaySettings
from edge_agent.rules_explained import Explained
from edge_agent.rules_past import Times, lasted
from rules.explain import Explained as Tree
from rules.explain import Term
from rules.say import show
from rules.watch import Phase
from wire.alert import AlertChange
from wire.reading import describe_quality, is_usable

_NEGATED: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SIGNS: Final = {True: "✓", False: "✗", None: "?"}
_WORDS: Final = {
    "and": ("都要成立", "all of"),
    "or": ("任一成立", "any of"),
    "not": ("不成立才算", "not"),
}
_LATE_US = 120_000_000


def page(found: Explained, settings: GatewaySettings, told: AlertChange | None, lang: str) -> str:
    """Return the page in ``zh`` or ``en``; ``told`` is the alert that was asked about."""
    return "\n".join(_Page(found, settings, lang).lines(told))


class _Page:
    def __init__(self, found: Explained, settings: GatewaySettings, lang: str) -> None:
        self._found, self._how, self._lang, self._zh = found, found.how, lang, lang != "en"
        self._times = Times(settings.site.timezone)
        (device,) = found.rule.devices
        name = next((one.name for one in settings.devices if one.id == device), device)
        self._device = f"{name} {device}"

    def lines(self, told: AlertChange | None) -> Iterator[str]:
        how, show_at = self._how, self._times.show
        yield self._say(f"规则 {self._found.rule.id}, {self._device}, {show_at(how.at)}",
                        f"rule {self._found.rule.id}, {self._device}, {show_at(how.at)}")  # fmt: skip
        if told is not None:
            text = told.text.get(self._lang, "")
            values = " ".join(f"{point}={show(value, self._lang)}" for point, value in told.values.items())
            yield self._say(
                f"报警 {told.level.value}: {text}  {values}", f"raised {told.level.value}: {text}  {values}"
            )
            if how.phase < Phase.RAISED:
                yield self._say(
                    "现在的规则在这时不报: 规则改过, 或历史不全",
                    "the rule as it is now would not raise it then: it was changed since, or history is missing",
                )
        yield self._answer()
        yield self._say(f"成立条件 {self._found.rule.when}", f"when {self._found.rule.when}")
        yield from self._tree(how.when, 1)
        if self._found.rule.between:
            spans = ", ".join(self._found.rule.between)
            yield self._say(f"  (只在 {spans})", f"  (only in {spans})")
        if how.for_us or how.for_readings:
            yield self._held()
        if how.clear is not None and how.phase >= Phase.RAISED:
            yield self._say(f"解除条件 {self._found.rule.clear}", f"clear {self._found.rule.clear}")
            yield from self._tree(how.clear, 1)
        yield from self._missing()

    def _answer(self) -> str:
        how = self._how
        if how.phase >= Phase.RAISED:
            at, since = self._times.show(how.raised), self._times.show(how.since)
            return self._say(
                f"在报警: {since} 起成立, {at} 报警", f"it fired: it has held since {since}, raised at {at}"
            )
        if how.phase is Phase.PENDING and how.when.verdict is None:
            return self._say(
                f"还没报警, 现在无法判断: {self._why()}", f"not yet, for now it cannot know: {self._why()}"
            )
        if how.phase is Phase.PENDING:
            return self._say(f"还没报警: {self._progress()}", f"not yet: {self._progress()}")
        why = self._why()
        if how.when.verdict is None:
            return self._say(f"没有报警, 无法判断: {why}", f"it did not fire, for it cannot know: {why}")
        return self._say(f"没有报警: {why}", f"it did not fire: {why}")

    def _why(self) -> str:
        how = self._how
        return "; ".join(dict.fromkeys(self._reason(term) for term in _decisive(how.when, how.when.verdict)))

    def _progress(self) -> str:
        how = self._how
        if how.for_readings:
            return self._say(
                f"成立了 {how.count} 次读数, 要 {how.for_readings} 次",
                f"held in {how.count} of {how.for_readings} readings",
            )
        held, needed = lasted(how.held_us), lasted(how.for_us)
        return self._say(f"成立了 {held}, 要 {needed}", f"held {held} of {needed}")

    def _held(self) -> str:
        how = self._how
        if how.phase is not Phase.IDLE:
            return self._say(f"持续 {self._progress()}", self._progress())
        needed = f"{how.for_readings} readings" if how.for_readings else lasted(how.for_us)
        if how.longest_us and not how.for_readings:
            held, end = lasted(how.longest_us), self._times.show(how.longest_end)
            return self._say(
                f"要持续 {needed}; 在看过的历史里最久一次 {held}, 到 {end}",
                f"must hold for {needed}; in the history looked at at best {held}, until {end}",
            )
        return self._say(f"要持续 {needed}", f"must hold for {needed}")

    def _tree(self, node: Tree, depth: int) -> Iterator[str]:
        pad = "  " * depth
        if isinstance(node, Term):
            since = self._times.show(node.since)
            when = self._say(f", 自 {since}", f", since {since}") if node.since else ""
            yield f"{pad}{_SIGNS[node.verdict]} {node.text}: {self._reason(node)}{when}"
            return
        yield f"{pad}{_SIGNS[node.verdict]} {_WORDS[node.word][not self._zh]}:"
        for part in node.parts:
            yield from self._tree(part, depth + 1)

    def _reason(self, term: Term) -> str:
        if term.daily:
            if term.verdict:
                return self._say(f"在 {term.text} 内", f"within {term.text}")
            return self._say(f"不在 {term.text}", f"outside {term.text}")
        if term.op == "in":
            value = show(term.left, self._lang)
            if term.verdict is not None:
                return self._say(
                    f"{value} {'' if term.verdict else '不'}在其中", f"{value} is {'' if term.verdict else 'not '}in it"
                )
        elif term.op and term.verdict is not None:
            op = term.op if term.verdict else _NEGATED[term.op]
            name = term.text.partition(f" {term.op} ")[0]
            return f"{name} {show(term.left, self._lang)} {op} {show(term.right, self._lang)}"
        return self._known(term)

    def _known(self, term: Term) -> str:
        """Say what is known of what a term rests on, where it has no value to show."""
        parts = []
        for point, reading in term.points.items():
            if reading is None:
                parts.append(self._say(f"{point} 没有读数", f"no reading of {point}"))
            elif not is_usable(reading.quality):
                quality = describe_quality(reading.quality)
                parts.append(
                    self._say(f"{point} 没有可用读数 ({quality})", f"no usable reading of {point} ({quality})")
                )
            elif term.verdict is not None or not term.op:
                at = self._times.show(reading.at)
                parts.append(self._say(f"{point} 最近一次读数 {at}", f"newest reading of {point} {at}"))
        for event, came in term.events.items():
            last = self._times.show(came)
            none = self._say(f"{event} 没有发生", f"{event} did not happen")
            parts.append(self._say(f"{event} 最近一次 {last}", f"{event} last at {last}") if came else none)
        if not parts and term.verdict is None:
            return self._say("窗口里的数据还不够", "not enough in its window yet")
        return ", ".join(parts) or self._say("成立" if term.verdict else "不成立", "true" if term.verdict else "false")

    def _missing(self) -> Iterator[str]:
        coverage, at = self._found.coverage, self._how.at
        if not coverage.chunks:
            yield self._say("这段时间没有留存的历史 (buffer.keep)", "nothing is kept of that time (buffer.keep)")
            return
        if coverage.begin > self._found.needed_from + _LATE_US:
            begin = self._times.show(coverage.begin)
            yield self._say(f"历史从 {begin} 开始", f"the history begins at {begin}")
        if coverage.end < at - _LATE_US:
            end = self._times.show(coverage.end)
            yield self._say(f"历史到 {end} 为止", f"the history ends at {end}")
        for pause in coverage.pauses:
            hole = f"{self._times.show(pause.at)} .. {self._times.show(pause.end)}"
            yield self._say(f"缺 {hole}", f"missing: {hole}")

    def _say(self, zh: str, en: str) -> str:
        return zh if self._zh else en


def _decisive(node: Tree, verdict: bool | None) -> Iterator[Term]:
    """Yield the terms that made ``node`` come to ``verdict``."""
    if isinstance(node, Term):
        if node.verdict is verdict:
            yield node
        return
    inner = verdict if node.word != "not" or verdict is None else not verdict
    for part in node.parts:
        if part.verdict is inner:
            yield from _decisive(part, inner)
