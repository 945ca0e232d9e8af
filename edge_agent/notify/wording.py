"""The words of a notice in Chinese and English."""

from datetime import datetime
from typing import Final

from edge_agent.notify.notice import Kind, Notice
from edge_agent.notify.routes import Routes
from rules.say import fill

LONGEST = 500
"""No message is longer (characters)."""

_DEFAULT: Final = {"zh": "【{level}】{text} ({place}) {time}", "en": "[{level}] {text} ({place}) {time}"}
_LEVELS: Final = {
    "zh": {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"},
    "en": {"red": "RED", "orange": "ORANGE", "yellow": "YELLOW", "blue": "BLUE"},
}
_KINDS: Final = {
    "zh": {
        Kind.RAISED: "{0}", Kind.WORSE: "升级: {0}", Kind.AGAIN: "仍无人处理: {0}", Kind.OVER: "已恢复: {0}",
        Kind.FLOOD: "10 分钟内 {1} 条告警, 第一条: {0}",
    },
    "en": {
        Kind.RAISED: "{0}", Kind.WORSE: "worse: {0}", Kind.AGAIN: "nobody took note yet: {0}", Kind.OVER: "over: {0}",
        Kind.FLOOD: "{1} alarms in 10 minutes, the first: {0}",
    },
}  # fmt: skip


def wording(notice: Notice, routes: Routes) -> str:
    """Return the message as its channel words it."""
    channel = routes.channels[notice.channel]
    lang = channel.lang
    name = routes.names.get(notice.device, notice.device)
    text = notice.text.get(lang) or f"{name} {notice.rule}"
    values = {
        "level": _LEVELS[lang][notice.level.value],
        "text": _KINDS[lang][notice.kind].format(text, notice.count),
        "place": notice.place or routes.site,
        "site": routes.site,
        "time": datetime.fromtimestamp(notice.at / 1_000_000, routes.zone).strftime("%m-%d %H:%M:%S"),
        "rule": notice.rule,
        "device": notice.device,
    }
    return fill(channel.say.get(lang) or _DEFAULT[lang], lang, name, values)[:LONGEST]
