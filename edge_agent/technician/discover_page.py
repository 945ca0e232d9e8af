"""What ``edge-agent discover`` prints: what it will do, each device as it is found, what the line may suffer from."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal

from config.bus_settings import BusSettings
from config.catalog import load_class, load_profile
from config.settings import DeviceSettings
from drivers.api import Match, Sighting
from edge_agent.technician.discovery import Scan, longest_s
from edge_agent.technician.layout import seconds
from edge_agent.technician.lines import shown

Lang = Literal["zh", "en"]

_VALUES_SHOWN = 4

_WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "plan": "只读扫描 (功能码 1-4, 一次只问一句), 地址 {units}, 最多 {time}, 每找到一台再加几秒",
        "search": "只读搜表 (只问表号和读数, 一次只问一句): 只有一块表时约 {first}; 有几块时按表号末两位逐一搜, "
        "每轮 100 句, 约 {round} 或其两三倍; 末两位相同的每组再加一轮",
        "unit": "地址 {unit:>3}",
        "meter": "表号 {unit}",
        "match": "✔ {time}  像 {profile} ({product})  把握{confidence}",
        "stranger": "✔ {time}  有应答, 不像任何已有型号: {seen}",
        "garbled": "✘ 校验错 {tries}/{tries}",
        "high": "高",
        "medium": "中",
        "low": "低",
        "identity": "身份寄存器相符",
        "size": "正好 {size} 路",
        "good": "{good}/{points} 个测点在合理范围",
        "zero": "其中 {zero} 个是 0",
        "implausible": "{n} 个超出范围",
        "factory": "出厂地址和波特率",
        "factory_unit": "出厂地址",
        "also": "也可能是 {profile} (把握{confidence})",
        "known": "配置里已有: {devices}",
        "other": "配置里 {device} 写的是 {profile}, 请核对",
        "silent": "没有应答: {units}",
        "few": "可能: 两台设备同一个地址 (断开一台再扫) / 这台的波特率或校验位不同 / 接触不良",
        "all": "可能: 波特率或校验位不符 (--bauds 4800,9600,19200) / A、B 接反 / 没接 120 Ω 终端电阻 / 两台同址",
        "nobody": "一台都没有应答: 查供电、A/B 是否接反、波特率 (--bauds 4800,9600,19200)、地址 (--all)",
        "nobody_meter": "一块表都没有应答: 查供电、A/B 是否接反、波特率 (--bauds 1200,2400,4800,9600) 和校验位; "
        "有的表不认通配表号, 照铭牌写进配置再用 edge-agent try 试",
        "few_meters": "乱码: 两块表同号, 或应答撞在一起; 断开一块再搜",
        "nobody_tcp": "一台都没有应答: 查转换器后面的接线和供电、它的串口波特率、地址 (--all)",
        "indifferent": "每个地址都应答: 这台设备多半不看地址, 只写一次",
        "unknown": "没有的型号照 docs/writing-a-profile.md 写一个文件即可",
        "scan": "扫描没有做完: {error}",
        "no_scan": "这类总线上的设备扫不出来: 照铭牌写进配置, 再用 edge-agent try 试",
    },
    "en": {
        "plan": "Reading only (functions 1-4, one request at a time), units {units}, {time} at most and some seconds "
        "for each device found",
        "search": "Reading only (numbers and readings, one question at a time): a meter alone on its line takes about "
        "{first}; several are searched by the last two digits of their numbers, each round of 100 calls {round} or two "
        "or three times that, and one round more for each group that shares them",
        "unit": "unit {unit:>3}",
        "meter": "meter {unit}",
        "match": "✔ {time}  looks like {profile} ({product})  confidence {confidence}",
        "stranger": "✔ {time}  answers, and looks like no model that is known: {seen}",
        "garbled": "✘ wrong checksum {tries}/{tries}",
        "high": "high",
        "medium": "medium",
        "low": "low",
        "identity": "its identity register agrees",
        "size": "exactly {size} channels",
        "good": "{good} of {points} points are plausible",
        "zero": "{zero} of them 0",
        "implausible": "{n} implausible",
        "factory": "unit and speed as shipped",
        "factory_unit": "unit as shipped",
        "also": "or {profile} (confidence {confidence})",
        "known": "in the file as {devices}",
        "other": "the file has {profile} for {device}: please compare",
        "silent": "silent: {units}",
        "few": "perhaps two devices with one unit (unplug one and scan again) / another speed or parity / a loose wire",
        "all": "perhaps another speed or parity (--bauds 4800,9600,19200) / A and B swapped / no 120 ohm termination / "
        "two devices with one unit",
        "nobody": "Nobody answers: look at power, A and B, speed (--bauds 4800,9600,19200) and unit (--all)",
        "nobody_meter": "No meter answers: look at power, A and B, speed (--bauds 1200,2400,4800,9600) and parity; "
        "some do not heed calls to all, so write the number on the plate into the file and use edge-agent try",
        "few_meters": "Garbled: two meters with one number, or answers that collide; unplug one and search again",
        "nobody_tcp": "Nobody answers: look at wires, power and speed behind the converter, and unit (--all)",
        "indifferent": "Every unit answers: this device does not look at the unit, so write it once",
        "unknown": "A model that is missing is one file to write: docs/writing-a-profile.md",
        "scan": "the scan was not finished: {error}",
        "no_scan": "devices on this kind of bus cannot be looked for: write what the plate says into the file and use "
        "edge-agent try",
    },
}


def opening(bus: BusSettings, units: Sequence[int], lang: Lang) -> str:
    """Return what is said before anything is asked."""
    time = seconds(longest_s(bus, units))
    return f"{bus.id}  {shown(bus)}\n  {_WORDS[lang]['plan'].format(units=spans(units), time=time)}"


def opening_search(bus: BusSettings, times_s: tuple[float, float], lang: Lang) -> str:
    """Return what is said before meters are searched for."""
    first, round_ = map(seconds, times_s)
    return f"{bus.id}  {shown(bus)}\n  {_WORDS[lang]['search'].format(first=first, round=round_)}"


def of_sighting(sighting: Sighting, known: Sequence[DeviceSettings], lang: Lang, *, serial: bool) -> str:
    """Return the lines about one address of a serial line or a network, none for one where nobody is."""
    return "\n".join(_of_sighting(sighting, known, lang, serial=serial))


def conclusion(scan: Scan, lang: Lang) -> str:
    """Return what is to be said when a line has been looked at."""
    return "\n".join(f"  {line}" for line in _conclusion(scan, _WORDS[lang]))


def not_scanned(error: str, lang: Lang) -> str:
    """Return the sentence about a scan that ended before its time."""
    return _WORDS[lang]["scan"].format(error=error)


def not_scannable(lang: Lang) -> str:
    """Return what to do instead on a line whose devices cannot be looked for."""
    return _WORDS[lang]["no_scan"]


def as_data(scan: Scan) -> dict[str, Any]:
    """Return a line as JSON data; silent units are only counted."""
    return {
        "bus": scan.bus.id,
        "type": scan.bus.type,
        "baud": getattr(scan.bus, "baud", None),
        "units": len(scan.units),
        "indifferent": scan.indifferent,
        "sightings": [
            {**asdict(one), "known": [device.id for device in scan.known(one.address)]}
            for one in scan.sightings
            if one.state != "silent"
        ],
    }


def spans(units: Sequence[int | str]) -> str:
    """Return sorted addresses as a person writes them: ``1-32, 80``."""
    runs: list[list[int]] = []
    for unit in map(int, units):
        if runs and unit == runs[-1][-1] + 1:
            runs[-1].append(unit)
        else:
            runs.append([unit])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _of_sighting(sighting: Sighting, known: Sequence[DeviceSettings], lang: Lang, *, serial: bool) -> Iterator[str]:
    words = _WORDS[lang]
    title = "  " + words["meter" if isinstance(sighting.address, str) else "unit"].format(unit=sighting.address)
    if sighting.state == "silent":
        return
    if sighting.state == "garbled":
        yield f"{title}  {words['garbled'].format(tries=sighting.tries)}"
    elif not sighting.matches:
        seen = ", ".join(sighting.seen)
        yield f"{title}  {words['stranger'].format(time=seconds(sighting.answer_s), seen=seen)}"
    else:
        best, *others = sighting.matches
        product = load_profile(best.profile).product
        named = {"profile": best.profile, "product": product.en if lang == "en" else product.zh}
        confidence = words[best.confidence]
        time = seconds(sighting.answer_s)
        yield f"{title}  {words['match'].format(time=time, confidence=confidence, **named)}"
        yield f"            {_because(best, words, serial=serial)}"
        for other in others:
            yield f"            {words['also'].format(profile=other.profile, confidence=words[other.confidence])}"
    if known:
        yield f"            {words['known'].format(devices=', '.join(device.id for device in known))}"
        fits = {match.profile for match in sighting.matches}
        for device in known:
            if fits and device.profile.id not in fits:
                yield f"            ⚠ {words['other'].format(device=device.id, profile=device.profile.id)}"


def _because(match: Match, words: dict[str, str], *, serial: bool) -> str:
    """Return what was read and, in brackets, what speaks for the match."""
    reasons = [words["identity"]] if match.identity else []
    if match.size:
        reasons.append(words["size"].format(size=match.size))
    else:
        good = words["good"].format(good=match.good, points=match.points)
        reasons.append(f"{good}, {words['zero'].format(zero=match.zero)}" if match.zero else good)
    if match.implausible:
        reasons.append(words["implausible"].format(n=match.implausible))
    if match.factory:
        reasons.append(words["factory" if serial else "factory_unit"])
    values = "" if match.size else _values(match)
    return f"{values} ({'; '.join(reasons)})" if values else "; ".join(reasons)


def _values(match: Match) -> str:
    kind = load_class(load_profile(match.profile).kind)
    told: list[str] = []
    for key, value in match.values.items():
        point = kind.point(key)
        if point is not None and not isinstance(value, bool) and len(told) < _VALUES_SHOWN:
            told.append(f"{key}={value}{' ' + point.unit if point.unit else ''}")
    return ", ".join(told)


def _conclusion(scan: Scan, words: dict[str, str]) -> Iterator[str]:
    silent = [one.address for one in scan.sightings if one.state == "silent"]
    garbled = [one for one in scan.sightings if one.state == "garbled"]
    if silent and len(silent) < len(scan.sightings):
        yield words["silent"].format(units=spans(silent))
    if garbled and not scan.units:
        yield words["few_meters"]
    elif garbled:
        yield words["few"] if scan.answering and len(garbled) <= len(scan.answering) else words["all"]
    if not scan.units and not scan.sightings:
        yield words["nobody_meter"]
    if scan.sightings and len(silent) == len(scan.sightings):
        yield words["nobody_tcp" if getattr(scan.bus, "host", "") else "nobody"]
    if scan.indifferent:
        yield words["indifferent"]
    if any(not one.matches for one in scan.answering):
        yield words["unknown"]
