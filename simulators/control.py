"""A loopback socket to steer a community in another process: one JSON object a line in, one out.

``{"device": "door-1", "do": "open", "args": {"how": "key"}}`` calls one of the device's deeds;
``{"device": "bin-1", "do": "faults", "args": {"silent": true}}`` sets faults;
``{"device": "meter-1", "do": "set", "args": {"key": "voltage_v", "value": 231}}`` lets a profiled device show a value;
``{"device": "cam-1", "do": "faults", "args": {"frozen": true}}`` sets a camera's own;
``{"bus": "lan-cameras", "do": "stop" | "start" | "cut"}`` treats a switch with cameras;
``{"bus": "lan-doors", "do": "stop" | "start" | "cut" | "freeze" | "thaw" | "echo" | "no_echo"}`` treats a wire;
``{"bus": "ble", "do": "restart_bluetooth", "args": {"down_s": 5}}`` treats an air, by one of its deeds;
``{"do": "calm"}`` lets nothing more happen to wearables, cameras and gates by themselves; ``{"do": "truth"}`` asks.
Answers: ``{"ok": true, "result": ...}`` or ``{"ok": false, "error": "..."}``.
"""

import asyncio
import dataclasses
import inspect
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from simulators.ble.neighbourhood import Neighbourhood
from simulators.community import Community
from simulators.modbus.speed import Speed, parse_speed
from simulators.modbus.tcp import TcpWire
from simulators.onvif.lan import Lan
from simulators.rtsp.videos import Videos

_FAULTS = frozenset({"silent", "slow_s", "wrong", "code", "share", "noise", "stuck", "speaks"})


class BadOrderError(ValueError):
    """The order names nothing that is there, or nothing that can be done with it."""


@asynccontextmanager
async def control(community: Community, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Listen while inside; gives the port (a free one for 0). ``OSError`` when the port is taken."""
    writers: set[asyncio.StreamWriter] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await _reply(community, line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # the client is gone, or sent a line without end
        finally:
            writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(client, host, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in list(writers):
            writer.transport.abort()
        await server.wait_closed()


async def _reply(community: Community, line: bytes) -> dict[str, Any]:
    try:
        order = json.loads(line)
        if not isinstance(order, dict):
            raise BadOrderError("an order is a JSON object")
        return {"ok": True, "result": await obey(community, order)}
    except (ValueError, KeyError, TypeError, IndexError, OSError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


async def obey(community: Community, order: dict[str, Any]) -> Any:
    """Do one order and return its result; ``BadOrderError``, ``KeyError`` or ``TypeError`` where it makes no sense."""
    do, args = str(order.get("do")), dict(order.get("args") or {})
    if "device" in order and do == "faults" and order["device"] not in community.cameras:
        faults = community.faults(order["device"])
        if not args.keys() <= _FAULTS:
            raise BadOrderError(f"faults are {', '.join(sorted(_FAULTS))}")
        for name, value in args.items():
            setattr(faults, name, parse_speed(value) if name == "speaks" and value is not None else value)
        shown = {field.name: getattr(faults, field.name) for field in dataclasses.fields(faults)}
        return {
            name: str(value) if isinstance(value, Speed) else value for name, value in shown.items() if name in _FAULTS
        }
    if "device" in order:
        device = community.device(order["device"])
        if do not in device.deeds:
            raise BadOrderError(f"a {device.model} can {', '.join(sorted(device.deeds))}")
        result = getattr(device, do)(**args)
        return await result if inspect.isawaitable(result) else result
    if "bus" in order:
        name = str(order["bus"])
        if name in community.lans:
            return await _treat_lan(community.lan(name), do)
        wilful = community.air(name) if name in community.bluetooth else community.videos(name)
        return await (_treat(wilful, do, args) if wilful is not None else _treat_bus(community, name, do))
    if do == "calm":
        return await community.calm()
    if do != "truth":
        raise BadOrderError("name a device or a bus, or ask for the truth")
    return community.truth()


async def _treat_bus(community: Community, name: str, do: str) -> None:
    wire = community.bus(name)
    if do == "start":
        await wire.start()
    elif do == "stop":
        await wire.stop()
    elif do in ("freeze", "thaw"):
        wire.line.frozen = do == "freeze"
    elif do in ("echo", "no_echo"):
        wire.line.echo = do == "echo"
    elif do == "cut" and isinstance(wire, TcpWire):
        wire.cut()
    else:
        raise BadOrderError("a bus can start, stop, freeze, thaw, echo, no_echo; a TCP bus can cut")


async def _treat_lan(lan: Lan, do: str) -> None:
    if do == "start":
        await lan.start()
    elif do == "stop":
        await lan.stop()
    elif do == "cut":
        lan.cut()
    else:
        raise BadOrderError("a lan can start, stop, cut")


async def _treat(bus: Neighbourhood | Videos, do: str, args: dict[str, Any]) -> Any:
    if do not in bus.deeds:
        raise BadOrderError(f"an air or a video can {', '.join(sorted(bus.deeds))}")
    done = getattr(bus, do)(**args)
    return await done if inspect.isawaitable(done) else done
