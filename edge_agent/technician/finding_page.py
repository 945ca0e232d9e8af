"""What ``edge-agent discover --onvif`` prints: who answered from where, and what to compare before it is believed."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final, Literal

from drivers.api import Found
from edge_agent.technician.finding import Network, address
from edge_agent.technician.layout import seconds

Lang = Literal["zh", "en"]

_WORDS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "plan": "向本机每个网口上的摄像机和门口机问一声 (WS-Discovery), 等 {time}; 不登录, 不改动",
        "known": "配置里已有: {device}",
        "elsewhere": "它自称 {elsewhere}: 以上面的地址为准",
        "pin": "证书 SHA-256 {pin} (与摄像机网页上的核对后写进 pin)",
        "changed": "✘ 证书换过了, 与配置里的 pin 不符: 问清是谁换的, 再改 pin",
        "bare": "不加密: 能在摄像机上打开 HTTPS 就打开",
        "unnamed": "没有报厂家型号",
        "silent": "配置里有、这次没有回答: {devices}",
        "silent_why": "可能: 没电 / 在另一个网段 (写上地址再问: edge-agent discover --onvif 192.168.1.64) / "
        "关掉了 ONVIF 或设备发现",
        "nobody": "没有设备回答。多数摄像机要在网页里打开 ONVIF, 有的还要另建 ONVIF 用户; 隔着路由器时写上它的地址再问",
        "add": "可以加进配置 (口令存成文件 secrets/名字; 读车牌的用 anpr/…, 门口机用 door/onvif-station):",
        "hint": "设备自报的内容只当线索: 加进去之前, 先到现场对一眼画面",
    },
    "en": {
        "plan": "Asking cameras and door stations on every interface of this box (WS-Discovery), waiting {time}; "
        "nothing is logged into or changed",
        "known": "in the file as {device}",
        "elsewhere": "it calls itself {elsewhere}: the address above is what counts",
        "pin": "certificate SHA-256 {pin} (compare with the camera's own page, then write it as pin)",
        "changed": "✘ its certificate is not the one that the file pins: find out who changed it before changing pin",
        "bare": "not encrypted: switch HTTPS on in the camera if it can",
        "unnamed": "maker and model not told",
        "silent": "in the file and without an answer this time: {devices}",
        "silent_why": "perhaps no power / another network (name its address: edge-agent discover --onvif 192.168.1.64) "
        "/ ONVIF or discovery is switched off",
        "nobody": "Nobody answered. Most cameras want ONVIF switched on in their web page, some a user for it besides; "
        "behind a router name the camera's address",
        "add": "To add to the file (the password as a file secrets/NAME; anpr/… for plates, door/onvif-station for a "
        "door station):",
        "hint": "What they say is a hint and no proof: look at the picture before one is added",
    },
}


def opening(time_s: float, lang: Lang) -> str:
    """Return what is said before it begins."""
    return _WORDS[lang]["plan"].format(time=seconds(time_s))


def render(found: Network, lang: Lang) -> str:
    """Return the list."""
    return "\n".join(_lines(found, lang))


def offer(lang: Lang) -> str:
    """Return what stands before the lines to add."""
    return f"{_WORDS[lang]['hint']}\n{_WORDS[lang]['add']}"


def as_data(found: Network) -> dict[str, Any]:
    """Return the same as JSON data."""
    answered = [{**asdict(one), "address": address(one), "device": device} for one, device in found.answered]
    return {
        "seconds": found.seconds,
        "found": answered,
        "unheard": list(found.silent),
        "changed": sorted(found.changed),
    }


def _lines(found: Network, lang: Lang) -> Iterator[str]:
    words = _WORDS[lang]
    for one, device in found.answered:
        yield f"  {address(one)}  {_named(one) or words['unnamed']}"
        if device:
            yield "      " + words["known"].format(device=device)
        if device in found.changed:
            yield f"      {words['changed']}"
        if one.elsewhere:
            yield "      " + words["elsewhere"].format(elsewhere=one.elsewhere)
        if one.fingerprint:
            yield "      " + words["pin"].format(pin=one.fingerprint)
        elif not one.tls:
            yield f"      {words['bare']}"
    if not found.answered:
        yield f"  {words['nobody']}"
    if found.silent:
        yield "  " + words["silent"].format(devices=", ".join(found.silent))
        yield f"    {words['silent_why']}"


def _named(one: Found) -> str:
    return f"{one.maker} {one.model}".strip()
