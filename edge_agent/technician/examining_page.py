"""What ``edge-agent try`` prints of a camera: a line for each step, what to do where one failed, and what it tells."""

import time
from typing import Any, Final, Literal

from config.catalog import load_class
from config.settings import DeviceSettings
from drivers.api import Examined, Heard, Overrun, Picture, Presence
from edge_agent.technician.trial_page import word
from wire.event import Event
from wire.reading import Batch

Lang = Literal["zh", "en"]

_STEPS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "address": "地址", "certificate": "证书", "password": "登录", "clock": "时钟", "video": "视频",
        "picture": "抓拍", "doors": "门", "told": "上报",
    },
    "en": {
        "address": "address", "certificate": "certificate", "password": "login", "clock": "clock", "video": "video",
        "picture": "picture", "doors": "doors", "told": "told",
    },
}  # fmt: skip

_REMEDIES: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "address": "没人应答: 查网线、网段、配置里的 address; 附近有哪些: edge-agent discover --onvif",
        "certificate": "核对这台相机的证书指纹, 是它的就写 pin: {seen}",
        "password": "进不去: 查 user、口令文件、相机里是否给这个用户开了 ONVIF; 输错几次会锁, 等半小时再试",
        "clock": "相机的钟不对: 在相机里设 NTP 和时区 (+08:00)",
        "video": "问不到视频设置: 这个用户有没有“查看”权限",
        "picture": "抓不到图: 在相机里打开抓拍 (snapshot), 这个用户要有“查看”权限",
        "doors": "问不到门: 门口机没有门控服务, 改用 door/relay-station",
    },
    "en": {
        "address": "nobody answers: look at the cable, the network, the address in the file; who is near: "
        "edge-agent discover --onvif",
        "certificate": "compare the fingerprint with the camera's own; if it is, write pin: {seen}",
        "password": "not let in: look at user, the secret's file, whether that user may use ONVIF; some lock for half "
        "an hour",
        "clock": "its clock is wrong: set NTP and the time zone in the camera",
        "video": "its video's settings are not told: may this user look?",
        "picture": "no picture: turn snapshots on in the camera; this user must be allowed to look",
        "doors": "it tells of no doors: without door control use door/relay-station",
    },
}

_ENDS: Final = {
    "zh": {
        "title": "{id}  {name}  {profile}  {address}",
        "waiting": "  听它上报 {seconds:g} 秒, 可以在相机前走动、过一辆车、按门铃; Ctrl-C 提前结束",
        "well": "  ✔ 没有问题",
        "wrong": "  ✘ 有问题, 见上",
        "silent": "  ⚠ 没有听到事件: 没有事发生, 或相机里没配这种检测",
        "there": "在线",
        "gone": "不在线",
        "lost": "太快, 丢了 {count} 条",
        "image": "图片 {size} 字节",
    },
    "en": {
        "title": "{id}  {name}  {profile}  {address}",
        "waiting": "  Listening for {seconds:g} s: walk past it, let a car pass, ring; Ctrl-C ends it sooner",
        "well": "  ✔ nothing is wrong",
        "wrong": "  ✘ something is wrong, see above",
        "silent": "  ⚠ no event was heard: nothing happened, or the camera has no such detection set up",
        "there": "there",
        "gone": "gone",
        "lost": "too fast, {count} lost",
        "image": "picture, {size} bytes",
    },
}


def opening(device: DeviceSettings, lang: Lang) -> str:
    """Return what is said before it begins."""
    address = device.options.get("address", "")
    return _ENDS[lang]["title"].format(id=device.id, name=device.name, profile=device.profile.id, address=address)


def waiting(seconds: float, lang: Lang) -> str:
    """Return what is said before it is listened to."""
    return _ENDS[lang]["waiting"].format(seconds=seconds)


def of_step(step: Examined, device: DeviceSettings, lang: Lang) -> str:
    """Return a step's line, and below it what to do where it failed."""
    if step.told is not None:
        return f"  {of_heard(step.told, device, lang)}"
    mark = {True: "✔", False: "✘", None: "·"}[step.well]
    said = "  ".join(one for one in (step.seen, step.error) if one)
    line = f"  {mark} {_STEPS[lang][step.step]:<6} {said}"
    if step.well is False and (remedy := _REMEDIES[lang].get(step.step)):
        line += f"\n      → {remedy.format(seen=step.seen)}"
    return line


def of_heard(heard: Heard, device: DeviceSettings, lang: Lang) -> str:
    """Return one thing that the device told, with the time of day at which it was heard."""
    words, kind = _ENDS[lang], load_class(device.profile.kind)
    match heard:
        case Event():
            fields = "  ".join(f"{name}={value}" for name, value in heard.fields.items())
            known = kind.event(heard.name)
            title = "" if known is None else known.text.en if lang == "en" else known.text.zh
            name = f"{title} ({heard.name})" if title else heard.name
            return f"{_hour(heard.at)}  {name}  {fields}".rstrip()
        case Batch():
            told = zip(heard.points, heard.values, strict=True)
            said = [f"{key}={word(value, kind.point(key), lang)}" for key, value in told]
            return f"{_hour(heard.at)}  {'  '.join(said)}"
        case Picture():
            return f"{_hour(heard.at)}  {words['image'].format(size=len(heard.data))}  {heard.reference}"
        case Presence():
            return f"{'':8}  {words['there'] if heard.there else words['gone']}  {heard.why}".rstrip()
        case Overrun():
            return f"{'':8}  {words['lost'].format(count=heard.count)}"
    return ""


def conclusion(well: bool, events: int, lang: Lang) -> str:
    """Return what is said at the end."""
    lines = [] if events or not well else [_ENDS[lang]["silent"]]
    return "\n".join([*lines, _ENDS[lang]["well" if well else "wrong"]])


def as_data(step: Examined) -> dict[str, Any]:
    """Return a step for a program; of a picture its size alone."""
    found: dict[str, Any] = {"step": step.step, "well": step.well, "seen": step.seen, "error": step.error}
    match step.told:
        case Event():
            found["event"] = {"name": step.told.name, "at": step.told.at, "fields": dict(step.told.fields)}
        case Batch():
            found["points"] = dict(zip(step.told.points, step.told.values, strict=True))
        case Picture():
            found["picture"] = {"reference": step.told.reference, "size": len(step.told.data)}
        case Presence():
            found["there"] = step.told.there
    return found


def _hour(at: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at / 1e6))
