"""What `edge-agent alarms` prints: alarms as lines that line up, in a guard's words."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from config.report import columns

_WORDS: Final = {
    "zh": {
        "red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝",
        "unacknowledged": "未确认", "acknowledged": "已确认", "returned_unacknowledged": "已恢复, 待确认",
        "latched": "已结束, 待复位", "shelved": "搁置中", "none": "没有未了结的告警",
        "ack": "已确认", "shelve": "已搁置", "unshelve": "已取消搁置", "reset": "已复位", "closed": "已了结",
        "alert": "编号", "text": "告警", "device": "设备", "rule": "规则", "state": "状态", "raised": "开始",
        "ended": "结束", "acked": "确认人", "shelf": "搁置", "until": "到", "told": "通知",
        "sent": "已送达", "pending": "待送", "failed": "送不出", "given_up": "已放弃",
    },
    "en": {
        "red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue",
        "unacknowledged": "unacknowledged", "acknowledged": "acknowledged",
        "returned_unacknowledged": "over, to be acknowledged", "latched": "over, to be reset", "shelved": "shelved",
        "none": "no alarm stands",
        "ack": "acknowledged", "shelve": "shelved", "unshelve": "taken from the shelf", "reset": "reset",
        "closed": "closed",
        "alert": "Id", "text": "Alarm", "device": "Device", "rule": "Rule", "state": "State", "raised": "Began",
        "ended": "Ended", "acked": "Acknowledged", "shelf": "Shelved", "until": "until", "told": "Told",
        "sent": "sent", "pending": "waiting", "failed": "failed", "given_up": "given up",
    },
}  # fmt: skip

_REFUSALS: Final = {
    "no_such_alert": (
        "没有这条告警: {0}; 先看 edge-agent alarms list",
        "no such alarm: {0}; see edge-agent alarms list",
    ),
    "who_missing": ("请用 --by 写明是谁", "say who with --by"),
    "already_acknowledged": ("{0} 已经确认过", "{0} has acknowledged it already"),
    "acknowledged_before_it_worsened": (
        "告警在此之后又加重了, 请看清再确认",
        "it has grown worse since; look again before you acknowledge it",
    ),
    "reason_missing": ("搁置要写原因 (--reason)", "shelving needs a reason (--reason)"),
    "until_past": ("搁置时间已过", "that time is over"),
    "until_too_far": ("最长搁置 8 小时", "8 hours is the longest"),
    "not_shelved": ("它没有被搁置", "it is not shelved"),
    "not_latched": ("它不用复位, 结束并确认后自动了结", "it needs no reset; once over and acknowledged it is closed"),
    "still_standing": ("还没有结束, 不能复位", "its condition still holds and it cannot be reset"),
    "not_understood": ("网关没看懂 (版本不同?): {0}", "the agent did not understand (another version?): {0}"),
    "unknown_verb": ("网关不会这个 (版本不同?): {0}", "the agent does not know that (another version?): {0}"),
}


def table(alarms: Sequence[Mapping[str, Any]], lang: str) -> str:
    """Return a line for each alarm: key, level, state, since when, what."""
    return _aligned([cells(one, lang) for one in alarms]) or _WORDS[lang]["none"]


def cells(one: Mapping[str, Any], lang: str) -> tuple[str, ...]:
    """Return what such a line says of one alarm."""
    words = _WORDS[lang]
    return one["key"], words[one["level"]], words[one["state"]], _moment(one["raised_at"]), _text(one, lang)


def whole(answer: Mapping[str, Any], lang: str) -> str:
    """Return one alarm in full, and where it was told."""
    words, one = _WORDS[lang], answer["alarm"]
    rows = [
        (words["text"], _text(one, lang)),
        (words["alert"], f"{one['key']}  {one['alert']}"),
        (words["device"], one["device"]),
        (words["rule"], f"{one['rule']}  {words[one['level']]}"),
        (words["state"], words[one["state"]]),
        (words["raised"], _moment(one["raised_at"])),
    ]
    if one["ended_at"]:
        rows.append((words["ended"], _moment(one["ended_at"])))
    if ack := one["ack"]:
        rows.append((words["acked"], f"{ack['who']}  {_moment(ack['at'])}  {ack['note']}".rstrip()))
    if shelf := one["shelf"]:
        until = f"{words['until']} {_moment(shelf['until'])}"
        rows.append((words["shelf"], f"{shelf['who']}  {until}  {shelf['note']}"))
    rows += [
        (words["told"], f"{told['channel']}  {words[told['state']]}  {_moment(told['at'])}  {told['reason']}".rstrip())
        for told in answer["told"]
    ]
    return _aligned(rows)


def done(answer: Mapping[str, Any], lang: str) -> str:
    """Return what became of it."""
    words, one = _WORDS[lang], answer["alarm"]
    what = words[answer["done"]]
    return f"{what}, {words['closed']}" if one is None else f"{what}: {_text(one, lang)}  [{words[one['state']]}]"


def refusal(word: str, detail: str, lang: str) -> str:
    """Return why it was not done and what to do."""
    zh, en = _REFUSALS.get(word, (word, word))
    return (zh if lang == "zh" else en).format(detail)


def _text(one: Mapping[str, Any], lang: str) -> str:
    return str(one["text"].get(lang) or f"{one['device']} {one['rule']}")


def _moment(at: int) -> str:
    return time.strftime("%m-%d %H:%M:%S", time.localtime(at / 1e6))


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as text whose columns line up, Chinese characters taken for two."""
    widths = [max(columns(row[index]) for row in rows) for index in range(len(rows[0]) - 1)] if rows else []
    return "\n".join(
        "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip()
        for row in rows
    )
