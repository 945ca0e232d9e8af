"""What ``edge-agent discover`` prints of a radio: who is on the air, the strongest first, and how many strangers."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final, Literal

from config.bus_settings import BusSettings
from config.catalog import load_class, load_profile
from drivers.api import Element, Guess, Overheard
from edge_agent.technician.layout import bars, seconds
from edge_agent.technician.lines import shown
from edge_agent.technician.listening import LASTING, Air, address_of_stranger, shows_data
from wire.reading import Value

Lang = Literal["zh", "en"]

WEAK_DBM: Final = -85
"""Below this advertisements are lost, and one of them may be a call for help."""

_VALUES_SHOWN: Final = 4
_WORDS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "plan": "听 {time}, 只听不连; 网关照常运行, 不用停",
        "one": "{bars} {rssi}  {address}  {kind}  {rhythm}",
        "every": "每 {time}",
        "once": "只听到一次",
        "known": "配置里已有: {device}",
        "match": "像 {profile} ({product})  把握{confidence}",
        "also": "也可能是 {profile} (把握{confidence})",
        "other": "配置里 {device} 写的是 {profile}, 请核对",
        "events": "能报: {events}",
        "weak": "信号弱: 把接收器挪近, 或再装一台",
        "keys": "还要密钥: {keys}",
        "unresolved": "地址会变: 要有它的 IRK 密钥才认得出来 (向厂家要, 或配对时导出); 没有就接不了",
        "unresolvable": "地址会变, 也没有密钥可认: 这种设备接不了",
        "public": "固定地址",
        "static": "固定地址 (静态随机, 换电池后可能变)",
        "resolvable": "地址会变 (可解析)",
        "non_resolvable": "地址会变 (不可解析)",
        "unknown": "地址类型不明",
        "high": "高",
        "medium": "中",
        "low": "低",
        "unheard": "配置里有、这次没有听到: {devices}",
        "unheard_why": "可能: 没电 / 离得远 / 只在按下或佩戴时才发 (按一下再听) / 写错了地址",
        "strangers": "另有 {count} 个看不懂的设备 (手机、耳机、电视之类; --all 列出, 地址隐去)",
        "strangers_all": "看不懂的设备 {count} 个 (地址隐去; 手里这台贴着接收器再听一次, 就给出完整地址):",
        "nobody": "什么都没有听到: 查蓝牙接收器是否插好、是否在金属箱里",
        "unknown_model": "没有的型号照 docs/writing-a-profile.md 写一个文件即可",
        "failed": "没有听成: {error}",
    },
    "en": {
        "plan": "Listening for {time}, connecting to nobody; the agent goes on running",
        "one": "{bars} {rssi}  {address}  {kind}  {rhythm}",
        "every": "every {time}",
        "once": "heard once",
        "known": "in the file as {device}",
        "match": "looks like {profile} ({product})  confidence {confidence}",
        "also": "or {profile} (confidence {confidence})",
        "other": "the file has {profile} for {device}: please compare",
        "events": "can tell: {events}",
        "weak": "weak signal: bring the receiver closer, or add one",
        "keys": "needs keys besides: {keys}",
        "unresolved": "its address changes: without its IRK (from the maker, or from pairing) it cannot be known again",
        "unresolvable": "its address changes and no key resolves it: such a device cannot be used",
        "public": "lasting address",
        "static": "lasting address (static random; a new battery may change it)",
        "resolvable": "changing address (resolvable)",
        "non_resolvable": "changing address (not resolvable)",
        "unknown": "address of unknown kind",
        "high": "high",
        "medium": "medium",
        "low": "low",
        "unheard": "in the file and not heard this time: {devices}",
        "unheard_why": "perhaps no battery / too far / it only sends when pressed or worn (press it, listen again) / a "
        "wrong address",
        "strangers": "{count} others that nothing here understands (telephones, headphones, televisions; --all lists "
        "them with masked addresses)",
        "strangers_all": "{count} that nothing here understands (addresses masked; hold yours against the receiver and "
        "listen again for all of its address):",
        "nobody": "Nothing at all was heard: is the receiver plugged in, does it hang in a metal cabinet?",
        "unknown_model": "A model that is missing is one file to write: docs/writing-a-profile.md",
        "failed": "not listened to: {error}",
    },
}


def opening(bus: BusSettings, time_s: float, lang: Lang) -> str:
    """Return what is said before it begins."""
    return f"{bus.id}  {shown(bus)}\n  {_WORDS[lang]['plan'].format(time=seconds(time_s))}"


def render(air: Air, lang: Lang, *, everybody: bool) -> str:
    """Return the list; strangers are listed where ``everybody`` is wanted, else counted."""
    return "\n".join(_lines(air, lang, everybody=everybody))


def not_listened(error: str, lang: Lang) -> str:
    """Return the sentence about a radio that could not be listened to."""
    return _WORDS[lang]["failed"].format(error=error)


def as_data(air: Air, *, everybody: bool) -> dict[str, Any]:
    """Return the same as JSON data; strangers are counted, and listed with masked addresses where wanted."""
    return {
        "bus": air.bus.id,
        "type": air.bus.type,
        "seconds": air.seconds,
        "heard": [_one_as_data(one, one.address) for one in air.known],
        "unheard": [device.id for device in air.unheard],
        "strangers": len(air.strangers),
        **({"others": [_one_as_data(one, address_of_stranger(one)) for one in air.strangers]} if everybody else {}),
    }


def _one_as_data(one: Overheard, address: str) -> dict[str, Any]:
    elements = {element.where: element.data.hex() for element in one.elements if shows_data(one)}
    guesses = [{**asdict(guess), "values": _discreet(guess)} for guess in one.guesses]
    return {**asdict(one), "address": address, "elements": elements, "guesses": guesses}


def _lines(air: Air, lang: Lang, *, everybody: bool) -> Iterator[str]:
    words = _WORDS[lang]
    for one in air.known:
        yield from _known(one, air, lang)
    if air.unheard:
        yield "  " + words["unheard"].format(devices=", ".join(device.id for device in air.unheard))
        yield f"    {words['unheard_why']}"
    if not air.heard:
        yield f"  {words['nobody']}"
    if air.strangers:
        yield "  " + words["strangers_all" if everybody else "strangers"].format(count=len(air.strangers))
        if everybody:
            for one in air.strangers:
                yield f"    {_title(one, address_of_stranger(one), words)}  {_places(one)}".rstrip()
            yield f"  {words['unknown_model']}"


def _known(one: Overheard, air: Air, lang: Lang) -> Iterator[str]:
    words = _WORDS[lang]
    yield f"  {_title(one, one.address, words)}"
    if one.device:
        yield "      " + words["known"].format(device=one.device)
        yield from _disagreement(one, air, words)
    if one.guesses:
        best, *others = one.guesses
        product = load_profile(best.profile).product
        named = {"profile": best.profile, "product": product.en if lang == "en" else product.zh}
        yield "      " + words["match"].format(confidence=words[best.confidence], **named)
        said = [_values(best)] if best.values else []
        said += [words["events"].format(events=", ".join(best.events))] if best.events else []
        if said:
            yield f"      {'; '.join(said)}"
        for other in others[:2]:
            yield "      " + words["also"].format(profile=other.profile, confidence=words[other.confidence])
        if not one.device:
            yield from _obstacles(one, best, words)
    if one.rssi is not None and one.rssi < WEAK_DBM:
        yield f"      ⚠ {words['weak']}"


def _title(one: Overheard, address: str, words: dict[str, str]) -> str:
    rhythm = words["every"].format(time=seconds(one.every_s)) if one.every_s else words["once"]
    rssi = "  ? dBm" if one.rssi is None else f"{one.rssi:>3} dBm"
    return words["one"].format(bars=bars(one.rssi), rssi=rssi, address=address, kind=words[one.kind], rhythm=rhythm)


def _disagreement(one: Overheard, air: Air, words: dict[str, str]) -> Iterator[str]:
    device = next(device for device in air.devices if device.id == one.device)
    fits = {guess.profile for guess in one.guesses if guess.confidence != "low"}
    if fits and device.profile.id not in fits:
        yield "      ⚠ " + words["other"].format(device=device.id, profile=device.profile.id)


def _obstacles(one: Overheard, best: Guess, words: dict[str, str]) -> Iterator[str]:
    """Say what keeps somebody from being written into the file as it is."""
    if one.kind not in LASTING and not best.options:
        if one.kind == "non_resolvable" or not best.keys:
            yield f"      ⚠ {words['unresolvable']}"
        else:
            yield f"      ⚠ {words['unresolved']}"
    elif best.keys:
        yield "      " + words["keys"].format(keys=", ".join(best.keys))


def _values(guess: Guess) -> str:
    kind = load_class(load_profile(guess.profile).kind)
    told = []
    for key, value in _discreet(guess).items():
        point = kind.point(key)
        unit = f" {point.unit}" if point is not None and point.unit else ""
        told.append(f"{key} ✔" if value is None else f"{key}={value}{unit}")
    return ", ".join(told[:_VALUES_SHOWN])


def _discreet(guess: Guess) -> dict[str, Value]:
    """Return what was decoded; of what tells of somebody's health only that it was (``None``)."""
    kind = load_class(load_profile(guess.profile).kind)
    known = {key: kind.point(key) for key, value in guess.values.items() if value is not None}
    return {
        key: None if point.pii == "sensitive" else guess.values[key]
        for key, point in known.items()
        if point is not None
    }


def _places(one: Overheard) -> str:
    """Return where a stranger's data stood; the data too where it is no telephone's."""
    return " ".join([*(_element(element, whole=shows_data(one)) for element in one.elements), *one.uuids])


def _element(element: Element, *, whole: bool) -> str:
    return f"{element.where}: {element.data.hex().upper() if whole else f'({len(element.data)})'}"
