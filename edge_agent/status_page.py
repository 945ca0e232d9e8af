"""What ``edge-agent status`` prints: the local health page in a technician's words."""

import json
from http.client import HTTPException
from typing import Any
from urllib.request import urlopen

from config.report import columns
from edge_agent import sentences

_TIMEOUT_S = 5.0
_WORTH_TELLING_S = 2.0
_LATE, _FULL = 1.1, 0.9

_WORDS = {
    "zh": {
        "gateway": "网关",
        "config": "配置",
        "refused": "未采用的新配置",
        "buffer": "缓存",
        "clock": "时钟",
        "synced": "已校准",
        "holdover": "守时中 (时间源暂时中断)",
        "unsynced": "未校准",
        "ntp": "来自 NTP",
        "collector": "来自汇聚端",
        "system_off": "本机时钟偏差 {:+.1f} 秒",
        "collector_off": "汇聚端时钟与 NTP 相差 {:+.1f} 秒, 请检查",
        "uplink": "上联",
        "line": "周期 {planned_s:g} s  实测 {measured_s:g} s  占用 {percent:.0f}%",
        "line_unknown": "周期 {planned_s:g} s  占用 {percent:.0f}%",
        "line_planned": " (计划 {percent:.0f}%)",
        "line_late": "  总线跑不动, 请拉长周期或分成两条",
        "bus": "总线",
        "devices": "设备",
        "ok": "正常",
        "degraded": "有异常",
        "not_enrolled": "未登记 (运行 edge-agent enrol)",
        "connected": "已连接",
        "lost": "连接中断",
        "pending": "条待上传",
        "produced": "条已存",
        "online": "在线",
        "offline": "离线",
        "starting": "启动中",
        "durable": "已落盘",
        "volatile": "仅在内存",
        "lossy": "已开始丢弃",
        "full": "已满, 正在丢弃最旧的历史",
        "lists": "车牌名单",
        "listed": "汇聚端下发 {entries} 条 ({age})  配置文件 {site_entries} 条",
        "none_given": "未下发",
        "hours_ago": "{hours} 小时前",
        "notify": "通知",
        "notices": "待送 {pending}  已送达 {sent}  送不出 {failed}  已放弃 {given_up}",
        "not_sent": "正在重试, 上次失败",
        "problem": "缓存问题",
        "kept": "已抽稀 {thinned}  已丢弃 {dropped}  已抢救 {salvaged}  磁盘剩余 {free:.0f} MB",
        "history": "历史数据",
        "card": "存储卡",
        "card_text": "每天写入 {per_day:.0f} MB (预算 {budget:.0f})  照此可用 {years:.1f} 年  每 {flush_s:g} s 写一次",
        "card_unknown": "写入量尚在统计 (预算每天 {budget:.0f} MB)",
        "pictures": "抓拍",
        "album": "{count} 张  {megabytes:.0f} MB  启动以来存 {kept} 张, 未存 {dropped} 张",
    },
    "en": {
        "gateway": "Gateway",
        "config": "Configuration",
        "refused": "New file not taken",
        "buffer": "Buffer",
        "clock": "Clock",
        "synced": "right",
        "holdover": "coasting (its source is silent)",
        "unsynced": "not set",
        "ntp": "by NTP",
        "collector": "by the collector",
        "system_off": "the machine's own clock is off by {:+.1f} s",
        "collector_off": "the collector's clock differs from NTP by {:+.1f} s: check",
        "uplink": "Uplink",
        "line": "period {planned_s:g} s  measured {measured_s:g} s  load {percent:.0f}%",
        "line_unknown": "period {planned_s:g} s  load {percent:.0f}%",
        "line_planned": " (planned {percent:.0f}%)",
        "line_late": "  it cannot keep up: lengthen the period or split the bus",
        "bus": "Bus",
        "devices": "Devices",
        "ok": "ok",
        "degraded": "degraded",
        "not_enrolled": "not enrolled (run edge-agent enrol)",
        "connected": "connected",
        "lost": "no connection",
        "pending": "to be sent",
        "produced": "stored",
        "online": "online",
        "offline": "offline",
        "starting": "starting",
        "durable": "durable",
        "volatile": "in memory only",
        "lossy": "dropping the oldest",
        "full": "full, dropping the oldest history",
        "lists": "Plate lists",
        "listed": "{entries} from the collector ({age})  {site_entries} from files",
        "none_given": "none given",
        "hours_ago": "{hours} h ago",
        "notify": "Notify",
        "notices": "{pending} waiting  {sent} sent  {failed} failed  {given_up} given up",
        "not_sent": "trying again; the last failure",
        "problem": "Buffer problem",
        "kept": "{thinned} thinned  {dropped} dropped  {salvaged} salvaged  {free:.0f} MB free on the disk",
        "history": "History",
        "card": "Card",
        "card_text": "{per_day:.0f} MB written a day (budget {budget:.0f} MB)  lasts {years:.1f} years so  "
        "a commit every {flush_s:g} s",
        "card_unknown": "still measuring (budget {budget:.0f} MB a day)",
        "pictures": "Pictures",
        "album": "{count}  {megabytes:.0f} MB  since the start {kept} kept, {dropped} not kept",
    },
}


def fetch(url: str) -> dict[str, Any]:
    """Return the page that the agent serves at ``url``; ``OSError`` or ``ValueError`` if there is none."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("an http:// address is needed")
    try:
        with urlopen(url.rstrip("/") + "/health", timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the scheme is checked
            page = json.load(answer)
    except HTTPException as error:
        raise ValueError(f"this is not HTTP: {error}") from error
    if not isinstance(page, dict) or not page.keys() >= {
        "gateway",
        "status",
        "buffer",
        "uplink",
        "config",
        "buses",
        "devices",
    }:
        raise ValueError("this is not an agent's health page")
    return page


def describe(page: dict[str, Any], lang: str) -> str:
    """Return the page as aligned lines in ``zh`` or ``en``."""
    words = _WORDS[lang]
    buffer, uplink, config = page["buffer"], page["uplink"], page["config"]
    state = words["lossy"] if buffer["state"] == "refused" else words[buffer["state"]]
    state = words["full"] if buffer["full"] else state
    if uplink is None:
        link = words["not_enrolled"]
    elif uplink["connected"]:
        link = words["connected"]
    else:
        link = f"{words['lost']}: {sentences.of_link(uplink['problem'], lang)}" if uplink["problem"] else words["lost"]
    rows = [
        (words["gateway"], f"{page['gateway']}  {page['version']}  {words[page['status']]}"),
        (words["config"], config["hash"]),
        (
            words["buffer"],
            f"{state}  {buffer['produced']} {words['produced']}  {buffer['pending']} {words['pending']}",
        ),
        *_buffer_rows(page, words),
        (words["clock"], _clock(page["clock"], words)),
        (words["uplink"], link),
    ]
    if config["problem"]:
        rows.insert(2, (words["refused"], config["problem"]))
    rows += [(f"{words['bus']} {one['bus']}", _line(one, words)) for one in page["buses"] if one["planned_s"]]
    rows += _listed(page, words)
    rows += [(f"{words['notify']} {name}", _channel(one, words)) for name, one in page.get("notify", {}).items()]
    if (album := page.get("pictures")) and (album["count"] or album["dropped"]):
        text = words["album"].format(**album, megabytes=album["bytes"] / 1e6)
        why = sentences.of_pictures(album["problem"], lang)
        rows.append((words["pictures"], f"{text}: {why}" if why else text))
    online = sum(device["state"] == "online" for device in page["devices"])
    rows.append((words["devices"], f"{online}/{len(page['devices'])} {words['online']}"))
    rows += [
        (f"  {one['device']}", f"{words[one['state']]}  {sentences.of_device(one['error'], lang)}".rstrip())
        for one in page["devices"]
    ]
    width = max(columns(name) for name, _ in rows) + 2
    return "\n".join(name + " " * (width - columns(name)) + text for name, text in rows)


def _channel(one: dict[str, Any], words: dict[str, str]) -> str:
    text = words["notices"].format(**one)
    return f"{text}  {words['not_sent']}: {one['problem']}" if one["problem"] else text


def _listed(page: dict[str, Any], words: dict[str, str]) -> list[tuple[str, str]]:
    lists = page.get("plate_lists") or {}
    if not (lists.get("version") or lists.get("site_entries")):
        return []
    hours = max(0, page["at"] - lists["taken_at"]) // 3_600_000_000
    age = words["hours_ago"].format(hours=hours) if lists["version"] else words["none_given"]
    return [(words["lists"], words["listed"].format(**lists, age=age))]


def _line(bus: dict[str, Any], words: dict[str, str]) -> str:
    text = words["line" if bus["measured_s"] else "line_unknown"].format(**bus, percent=100 * bus["load"])
    if planned := bus.get("planned_load"):
        text += words["line_planned"].format(percent=100 * planned)
    late = bus["measured_s"] > _LATE * bus["planned_s"] and bus["load"] > _FULL
    return text + words["line_late"] if late else text


def _clock(clock: dict[str, Any], words: dict[str, str]) -> str:
    texts = [words[clock["state"]]]
    if clock["source"]:
        texts.append(words[clock["source"]])
    off, quarrel = clock["system_off_s"], clock["collector_off_s"]
    if off is not None and abs(off) >= _WORTH_TELLING_S:
        texts.append(words["system_off"].format(off))
    if clock["source"] == "ntp" and quarrel is not None and abs(quarrel) >= _WORTH_TELLING_S:
        texts.append(words["collector_off"].format(quarrel))
    return "  ".join(texts)


def _buffer_rows(page: dict[str, Any], words: dict[str, str]) -> list[tuple[str, str]]:
    buffer, card = page["buffer"], page["card"]
    counts = {name: buffer[name] for name in ("thinned", "dropped", "salvaged")}
    budget = card["budget_per_day"] / 1e6
    text = words["card_text"] if card["years"] else words["card_unknown"]
    told = text.format(per_day=card["per_day"] / 1e6, budget=budget, years=card["years"], flush_s=card["flush_s"])
    rows = [(words["history"], words["kept"].format(**counts, free=buffer["free_bytes"] / 1e6)), (words["card"], told)]
    return [(words["problem"], buffer["problem"]), *rows] if buffer["problem"] else rows
