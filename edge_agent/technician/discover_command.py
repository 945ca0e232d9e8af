"""`edge-agent discover`: what hangs on a line, found by reading; and the lines of YAML for what the file lacks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.options import CONFIG, ConfigOption, JsonOption, Lang, LangOption, fail

if TYPE_CHECKING:
    from config.bus_settings import BusSettings
    from config.settings import GatewaySettings


OnvifOption = Annotated[
    bool, typer.Option("--onvif", help="只找摄像机和门口机 · look for cameras and door stations only")
]
SecondsOption = Annotated[
    float | None,
    typer.Option(min=1, max=600, help="听多久 (秒): 蓝牙 30, 摄像机 3 · how long to listen: radio, cameras"),
]
_ON_THE_AIR_S = 30.0
_FOR_CAMERAS_S = 3.0
_PROBED_PORT = 3702


def discover(
    lang: LangOption,
    buses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BUS]...", help="总线编号, 或串口、主机[:端口] · bus ids, or a serial port, or host[:port]"
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="地址 1 到 247; 表按末两位全搜; 蓝牙连陌生设备 · all units, meters, strangers on the air"
        ),
    ] = False,
    units: Annotated[str, typer.Option(help="只看这些地址, 如 1-10,80 · only these units")] = "",
    bauds: Annotated[str, typer.Option(help="依次试这些波特率, 如 4800,9600 · try these speeds in turn")] = "",
    form: Annotated[str, typer.Option("--format", help="串口格式, 用于配置里没有的串口 · serial format")] = "",
    meters: Annotated[
        bool,
        typer.Option(
            "--meters", help="配置里没有的口上接的是 DL/T 645、CJ/T 188 表 · meters are on a port not in the file"
        ),
    ] = False,
    models: Annotated[str, typer.Option(help="只认这些型号, 如 meter,door/waveshare · only these models")] = "",
    ble: Annotated[bool, typer.Option("--ble", help="只听蓝牙 · listen to Bluetooth only")] = False,
    onvif: OnvifOption = False,
    seconds: SecondsOption = None,
    timeout: Annotated[str, typer.Option(help="等一次应答多久, 如 300ms · wait for one answer")] = "",
    write: Annotated[
        Path | None, typer.Option("--write", help="把新设备加进这个配置文件 · add new devices to this file")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """扫描总线, 找出设备 · Scan lines for devices.

    只读, 一次只问一句, 先说做什么、要多久。Modbus 逐个地址问 (功能码 1-4); 表按表号找; 蓝牙只听。网关占用的串口不碰。
    Reads only, one request at a time, and says first what it will do: Modbus unit by unit (functions 1 to 4), meters by
    their numbers; of Bluetooth it only hears what is sent. A serial port that the agent uses is left alone.
    """
    if onvif:
        raise typer.Exit(_cameras(buses or [], config, seconds, lang, as_json=as_json))
    from edge_agent.technician.discover_run import Wish, discover_lines

    file = write or config
    settings = _settings(file, buses or [], lang, ble=ble)
    lines = _radios(settings, buses or [], lang) if ble else _lines(settings, buses or [], form, lang, meters=meters)
    wanted = _wanted("all" if everything else units, bauds, timeout, models, lang)
    wish = Wish(tuple(lines), *wanted, seconds or _ON_THE_AIR_S, everything)
    raise typer.Exit(discover_lines(wish, settings, file, lang.value, write=write is not None, as_json=as_json))


def _cameras(names: list[str], config: Path, seconds: float | None, lang: Lang, *, as_json: bool) -> int:
    """Ask everybody on the networks of this box, and the hosts that are named besides."""
    from edge_agent.technician.finding_run import find_cameras
    from edge_agent.technician.lines import settings_of

    hosts = []
    for name in names:
        host, _, port = name.partition(":")
        if not host or "/" in name or (port and not port.isdecimal()):
            fail(f"{name} 不是主机或 主机:端口", f"{name} is no host or host:port", lang)
        hosts.append((host, int(port or _PROBED_PORT)))
    settings = settings_of(config, lang) if config.exists() else None
    return find_cameras(settings, hosts, seconds or _FOR_CAMERAS_S, lang.value, as_json=as_json)


def _wanted(
    units: str, bauds: str, timeout: str, models: str, lang: Lang
) -> tuple[tuple[int, ...] | None, tuple[int, ...], float | None, tuple[str, ...]]:
    """Return units, speeds, patience and models as ``Wish`` has them."""
    from config.duration import parse_duration
    from edge_agent.technician.discovery import models_named, parse_units, usual_units

    try:
        return (
            None if units == "all" else parse_units(units) if units else usual_units(),
            tuple(int(baud) for baud in bauds.split(",")) if bauds else (),
            parse_duration(timeout) if timeout else None,
            models_named(models),
        )
    except ValueError:
        how = "--units 1-10,80  --bauds 4800,9600  --timeout 300ms  --models meter,door/waveshare"
        fail(f"这样写: {how}, 地址 1 到 247", f"write {how}; units go from 1 to 247", lang)


def _settings(file: Path, buses: list[str], lang: Lang, *, ble: bool) -> "GatewaySettings | None":
    """Return what the file says; without one, ports named on the command line will do."""
    from edge_agent.technician.lines import settings_of
    from edge_agent.technician.ports import serial_ports

    named = any("/" in name or ":" in name or name.startswith("hci") for name in buses)
    if file.exists() or (buses and not named):
        return settings_of(file, lang)
    if not buses and not ble:
        known = "\n".join(f"  edge-agent discover {port}" for port in serial_ports())
        zh = f"没有 {file}, 请写出要扫描的串口或 主机:端口。本机的串口:\n{known or '  —'}"
        en = f"There is no {file}: name a serial port or host:port. Serial ports of this box:\n{known or '  —'}"
        fail(zh, en, lang)
    return None


def _lines(
    settings: "GatewaySettings | None", names: list[str], form: str, lang: Lang, *, meters: bool
) -> "list[BusSettings]":
    """Return the lines to look at: those that are named, all of the file where none is."""
    from config.problems import near
    from edge_agent.technician.lines import bus_at

    known = {bus.id: bus for bus in settings.buses} if settings is not None else {}
    lines: list[BusSettings] = []
    for name in names or known:
        bus = known.get(name) or bus_at(name, form, {*known, *(line.id for line in lines)}, meters=meters)
        if bus is None:
            meant, there = near(name, known), ", ".join(known) or "—"
            zh = f"没有总线 {name}; {meant['near_zh']}现有: {there}; 也可以写串口 (/dev/...) 或 主机:端口"
            en = f"there is no bus {name}; {meant['near_en']}there are: {there}; a port or host:port will do too"
            fail(zh, en, lang)
        same = [one for one in known.values() if _place(one) == _place(bus)]
        lines.append(same[0] if same else bus)
    return lines


def _radios(settings: "GatewaySettings | None", names: list[str], lang: Lang) -> "list[BusSettings]":
    """Return the radios to listen to: those that are named, all of the file, or the box's first adapter."""
    from config.bus_settings import BleBus

    there: list[BusSettings] = [bus for bus in (settings.buses if settings is not None else ()) if bus.type == "ble"]
    if not names:
        return there or [BleBus(id="ble-1", type="ble")]
    lines = _lines(settings, names, "", lang, meters=False)
    if other := next((bus for bus in lines if bus.type != "ble"), None):
        zh = f"{other.id} 是 {other.type}, 不是蓝牙; 不写 --ble 就会扫它"
        en = f"{other.id} is {other.type} and no radio; without --ble it is scanned"
        fail(zh, en, lang)
    return lines


def _place(bus: "BusSettings") -> str:
    """Return where a bus is, links followed, so that one port under two names is one."""
    if bus.type == "ble":
        return " ".join(bus.adapters)
    host, port = getattr(bus, "host", ""), getattr(bus, "port", bus.id)
    return f"{host}:{port}" if host else str(Path(str(port)).resolve())
