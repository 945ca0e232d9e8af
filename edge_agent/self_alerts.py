"""The agent's alerts about itself: what is wrong with its buffer or clock reaches the duty desk like any alarm."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from edge_agent.buffer import Buffer, BufferState, Stats
from edge_agent.heed import Heed, heed_nothing
from runtime.clock import Clock
from wire.alert import AlertChange, AlertState, Level

LOOK_S = 2.0
"""How often it looks."""

_NOTE = "self_alerts"


@dataclass(frozen=True, slots=True)
class _Word:
    level: Level
    zh: str
    en: str
    latched: bool = False


WORDS = {
    "buffer_full": _Word(
        Level.YELLOW,
        "网关缓存已满, 最旧的历史数据正被丢弃 (告警照常保存); 请恢复网络, 或换更大的存储卡",
        "the gateway's buffer is full and its oldest history is being dropped (alarms are kept); "
        "bring the network back or fit a larger card",
    ),
    "buffer_damaged": _Word(
        Level.YELLOW,
        "网关缓存文件损坏, 完好的数据已抢救, 损失的条数见缺口记录; 请检查存储卡",
        "the gateway's buffer file was damaged; what was intact is saved, gap records count the rest; check the card",
        latched=True,  # its condition ends with the next start; somebody has to have seen it
    ),
    "buffer_not_durable": _Word(
        Level.ORANGE,
        "网关的磁盘写不进去, 数据只在内存里, 断电就会丢失; 请检查存储卡和剩余空间",
        "the gateway cannot write to its disk: data is in memory only and a power cut would lose it; "
        "check the card and its free space",
    ),
    "second_agent": _Word(
        Level.YELLOW,
        "又有一个网关进程要用同一份缓存, 已被拒绝 (数据不受影响); 请停掉多出来的那个服务",
        "another agent process wanted this gateway's buffer and was refused (no data is affected); "
        "stop the superfluous service",
    ),
    "notify_failing": _Word(
        Level.ORANGE,
        "红色告警没有一个通知通道送得出去, 已超过 5 分钟; 请检查网络和 notify 配置, 值班以控制台和现场为准",
        "no channel has been able to deliver red alarms for five minutes; check the network and the section notify, "
        "and watch the console and the site meanwhile",
    ),
    "radio_deaf": _Word(
        Level.ORANGE,
        "网关的蓝牙什么都收不到, 手环和呼叫按钮的求救到不了这里; 请检查适配器和蓝牙服务 (见 docs/wearables.md), "
        "恢复前请人工巡看",
        "the gateway's Bluetooth hears nothing, and calls for help from bands and pendants do not arrive; check the "
        "adapter and the Bluetooth service, and look in on people until it is back",
    ),
    "clock_unset": _Word(
        Level.YELLOW,
        "网关时钟从未校准, 时间不可信; 请检查 NTP 或与汇聚端的连接",
        "the gateway's clock was never set and its times cannot be believed; check NTP or the way to the collector",
    ),
}
"""Level and sentences by rule."""


class _Open(msgspec.Struct, frozen=True):
    """An alert that stands: its id and since when (µs)."""

    alert: str
    since: int


class SelfAlerts:
    """Raises and clears one alert for each rule of ``WORDS`` whose condition holds.

    What stands is remembered in the buffer with the change itself, so a restart neither raises it twice nor forgets
    to clear it; ``heed`` says what follows. A condition has to hold ``steady_s`` before either is said; one that is
    latched is a fact and said at once, because the next start knows no more of it.
    """

    def __init__(
        self,
        gateway: Callable[[], str],
        buffer: Buffer,
        clock: Clock,
        *,
        steady_s: float = 0.0,
        heed: Heed = heed_nothing,
    ) -> None:
        self._heed = heed
        self._gateway, self._buffer, self._clock, self._steady_s = gateway, buffer, clock, steady_s
        self._conditions: dict[str, Callable[[Stats], bool]] = {
            "buffer_full": lambda stats: stats.full,
            "buffer_damaged": lambda stats: stats.damage is not None,
            "buffer_not_durable": lambda stats: stats.state is not BufferState.DURABLE,
        }
        self._open: dict[str, _Open] | None = None
        self._turned: dict[str, float] = {}

    def watch(self, rule: str, holds: Callable[[Stats], bool]) -> None:
        """Have ``rule`` (in ``WORDS``) raised while ``holds`` says so; ``KeyError`` for a rule without words."""
        if rule not in WORDS:
            raise KeyError(rule)
        self._conditions[rule] = holds

    async def run(self) -> None:
        """Look every ``LOOK_S``, endlessly."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_S)

    async def look(self) -> None:
        """Say what has changed since the last look."""
        standing = self._open if self._open is not None else await self._recall()
        after, changes, now = dict(standing), [], self._clock.now()
        mono = self._clock.monotonic()
        for rule, holds in self._conditions.items():
            if holds(self._buffer.stats) == (rule in standing):
                self._turned.pop(rule, None)
            elif WORDS[rule].latched or mono - self._turned.setdefault(rule, mono) >= self._steady_s:
                changes.append(self._turn(rule, after, now))
        if changes:
            heeded = self._heed(changes)
            notes = {**heeded.notes, _NOTE: msgspec.json.encode(after)}
            storing = self._buffer.put_now(alerts=(*changes, *heeded.also), notes=notes)
            heeded.begin()
            await storing
        self._open = after

    def _turn(self, rule: str, after: dict[str, _Open], now: int) -> AlertChange:
        """Raise what does not stand, clear what does; ``after`` is what stands then."""
        word, gateway = WORDS[rule], self._gateway()
        found = after.pop(rule, None)
        if found is None:
            after[rule] = found = _Open(f"{gateway}-{rule}-{now}", now)
            state = AlertState.RAISED
        else:
            state = AlertState.CLEARED
        text = {"zh": word.zh, "en": word.en}
        return AlertChange(found.alert, rule, gateway, state, word.level, now, found.since, word.latched, text=text)

    async def _recall(self) -> dict[str, _Open]:
        try:
            return msgspec.json.decode(await self._buffer.note(_NOTE) or b"{}", type=dict[str, _Open])
        except msgspec.MsgspecError:
            return {}
