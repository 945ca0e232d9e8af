"""What ``edge-agent status`` prints: the local health page in a technician's words."""

import json
from http.client import HTTPException
from typing import Any
from urllib.request import urlopen

from config.report import columns
from edge_agent import sentences

_TIMEOUT_S = 5.0

_WORDS = {
    "zh": {
        "gateway": "网关",
        "config": "配置",
        "refused": "未采用的新配置",
        "buffer": "缓存",
        "uplink": "上联",
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
    },
    "en": {
        "gateway": "Gateway",
        "config": "Configuration",
        "refused": "New file not taken",
        "buffer": "Buffer",
        "uplink": "Uplink",
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
    if not isinstance(page, dict) or not page.keys() >= {"gateway", "status", "buffer", "uplink", "config", "devices"}:
        raise ValueError("this is not an agent's health page")
    return page


def describe(page: dict[str, Any], lang: str) -> str:
    """Return the page as aligned lines in ``zh`` or ``en``."""
    words = _WORDS[lang]
    buffer, uplink, config = page["buffer"], page["uplink"], page["config"]
    state = words["lossy"] if buffer["state"] == "refused" else words[buffer["state"]]
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
        (words["uplink"], link),
    ]
    if config["problem"]:
        rows.insert(2, (words["refused"], config["problem"]))
    online = sum(device["state"] == "online" for device in page["devices"])
    rows.append((words["devices"], f"{online}/{len(page['devices'])} {words['online']}"))
    rows += [
        (f"  {one['device']}", f"{words[one['state']]}  {sentences.of_device(one['error'], lang)}".rstrip())
        for one in page["devices"]
    ]
    width = max(columns(name) for name, _ in rows) + 2
    return "\n".join(name + " " * (width - columns(name)) + text for name, text in rows)
