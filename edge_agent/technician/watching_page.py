"""What ``edge-agent try`` prints of a device that tells by itself, line by line as it is heard, and at the end."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median
from typing import Any, Final, Literal

from config.bus_settings import BusSettings
from config.catalog import load_class
from config.profile import Profile
from config.settings import DeviceSettings
from drivers.api import Element, Made, Shown
from edge_agent import sentences
from edge_agent.technician.layout import bars, seconds, table
from edge_agent.technician.trial_page import said, verdict, word
from edge_agent.technician.watching import Tally
from wire.reading import describe_quality

Lang = Literal["zh", "en"]

_WORDS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "title": "{id}  {name}  {profile}  {bus}",
        "waiting": "在听, 按 Ctrl-C 结束; 网关照常运行, 不用停",
        "visits": "这种设备要连接才给数: 听到它就连一次 (网关正连着它时会连不上, 过一会儿再试)",
        "repeated": "同上",
        "foreign": "这一条不是这个型号的",
        "fields": "解出: {fields}",
        "event": "事件",
        "absent": "这条里没有",
        "no_value": "设备说没有值",
        "only_if": "现在不可信 (没戴好之类), 不当读数",
        "implausible": "超出此型号的范围",
        "words": "型号里没有这个词",
        "same": "没有变化, 不算事件",
        "heard": "听到 {count} 次, 约每 {every} 一次, 最长间隔 {gap}",
        "once": "只听到一次",
        "signal": "信号 {bars} 中位 {middle} dBm ({low} 到 {high})",
        "weak": "⚠ 信号弱: 会丢包, 呼救可能收不到; 把接收器挪近, 或再装一台",
        "stale": "超过 {time} 没有声音就算失联",
        "visited": "连接后读到 {count} 项",
        "failed": "✘ {what}",
        "nobody": "✘ 没有听到它: 查电池、距离、配置里的地址; 只在按下或佩戴时才发的, 按一下或戴上再试; "
        "附近有谁: edge-agent discover --ble",
    },
    "en": {
        "title": "{id}  {name}  {profile}  {bus}",
        "waiting": "Listening, Ctrl-C ends it; the agent goes on running",
        "visits": "This device has to be connected to: that is done once, when it is heard (it fails while the agent "
        "holds it: try again a little later)",
        "repeated": "as before",
        "foreign": "not one that this model sends",
        "fields": "decoded: {fields}",
        "event": "event",
        "absent": "not in this one",
        "no_value": "the device says it has none",
        "only_if": "not to be believed now (not worn, for one): no reading",
        "implausible": "beyond this product",
        "words": "the profile has no word for it",
        "same": "unchanged, so no event",
        "heard": "heard {count} times, about every {every}, longest silence {gap}",
        "once": "heard once",
        "signal": "signal {bars} median {middle} dBm ({low} to {high})",
        "weak": "⚠ weak signal: some are lost, and a call for help may be: bring the receiver closer, or add one",
        "stale": "counts as gone after {time} of silence",
        "visited": "{count} characteristics while connected",
        "failed": "✘ {what}",
        "nobody": "✘ it was not heard: look at its battery, the distance, its address in the file; one that only sends "
        "when pressed or worn has to be; who is near: edge-agent discover --ble",
    },
}
_WEAK_DBM: Final = -85


def opening(bus: BusSettings, device: DeviceSettings, lang: Lang) -> str:
    """Return what is said before it begins."""
    words = _WORDS[lang]
    lines = [words["title"].format(id=device.id, name=device.name, profile=device.profile.id, bus=bus.id)]
    lines.append(f"  {words['waiting']}")
    if device.profile.bluetooth is not None and device.profile.bluetooth.visit is not None:
        lines.append(f"  {words['visits']}")
    return "\n".join(lines)


def of_shown(shown: Shown, profile: Profile, lang: Lang) -> str:
    """Return the lines about one thing that was told."""
    return "\n".join(_of_shown(shown, profile, lang))


def conclusion(tally: Tally, lang: Lang) -> str:
    """Return what is to be said in the end."""
    return "\n".join(f"  {line}" for line in _conclusion(tally, lang))


def as_data(shown: Shown) -> dict[str, Any]:
    """Return one thing that was told as JSON data."""
    made = [{**asdict(one), "quality": describe_quality(one.quality)} for one in shown.made]
    elements = {element.where: element.data.hex() for element in shown.elements}
    return {**asdict(shown), "fields": dict(shown.fields), "made": made, "elements": elements}


def tally_as_data(tally: Tally) -> dict[str, Any]:
    """Return the end as JSON data; times in seconds."""
    return {
        "heard": len(tally.times),
        "every_s": tally.every_s,
        "longest_gap_s": max(tally.gaps_s, default=0.0),
        "rssi_dbm": median(tally.rssi) if tally.rssi else None,
        "stale_s": tally.stale_s,
        "visited": tally.visited,
        "errors": tally.errors,
    }


def _of_shown(shown: Shown, profile: Profile, lang: Lang) -> Iterator[str]:
    words = _WORDS[lang]
    at = time.strftime("%H:%M:%S", time.localtime(shown.at / 1_000_000)) + f".{shown.at // 1000 % 1000:03}"
    rssi = "  ? dBm" if shown.rssi is None else f"{shown.rssi:>3} dBm"
    head = f"{at}  {shown.source}" if shown.source else f"{at}  {bars(shown.rssi)} {rssi}  {shown.receiver}"
    if shown.repeated:
        yield f"{head}  {words['repeated']}"
        return
    yield head.rstrip()
    for element in shown.elements:
        yield f"  {_element(element)}"
    if shown.error:
        yield "  " + words["failed"].format(what=sentences.of_device(shown.error, lang))
    if shown.fields:
        fields = ", ".join(f"{name}={said(value)}" for name, value in shown.fields.items())
        yield "  " + words["fields"].format(fields=fields)
    elif shown.foreign:
        yield f"  {words['foreign']}"
    if shown.made:
        yield from table([_row(one, profile, lang) for one in shown.made], indent="    ")


def _element(element: Element) -> str:
    return f"{element.where}: {element.data.hex(' ').upper()}"


def _row(made: Made, profile: Profile, lang: Lang) -> tuple[str, ...]:
    words, known = _WORDS[lang], load_class(profile.kind).point(made.key)
    from_what = f"{made.source}={said(made.seen)}" if made.why != "absent" else made.source
    if made.is_event:
        what = f"{words['event']} {made.value or ''}".strip()
        return made.key, from_what, what, f"· {words[made.why]}" if made.why else "✔"
    unit = known.unit if known is not None else ""
    value = "" if made.value is None else f"{word(made.value, known, lang)} {unit}".strip()
    if made.why:
        mark = "·" if made.why == "absent" else "✘"
        return made.key, from_what, value, f"{mark} {words[made.why]}"
    return made.key, from_what, value, f"✘ {verdict(made.quality, lang)}" if made.quality else "✔"


def _conclusion(tally: Tally, lang: Lang) -> Iterator[str]:
    words = _WORDS[lang]
    if not tally.times:
        yield words["nobody"]
    elif len(tally.times) == 1:
        yield words["once"]
    else:
        every, gap = seconds(tally.every_s), seconds(max(tally.gaps_s))
        yield words["heard"].format(count=len(tally.times), every=every, gap=gap)
    if tally.rssi:
        middle = round(median(tally.rssi))
        yield words["signal"].format(bars=bars(middle), middle=middle, low=min(tally.rssi), high=max(tally.rssi))
        if middle < _WEAK_DBM:
            yield words["weak"]
    if tally.stale_s:
        yield words["stale"].format(time=seconds(tally.stale_s))
    if tally.visited:
        yield words["visited"].format(count=tally.visited)
    for error in tally.errors:
        yield words["failed"].format(what=sentences.of_device(error, lang))
