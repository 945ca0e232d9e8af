"""Who is there, by WS-Discovery: a question to everybody on every network of the box, and answers that are hints."""

import asyncio
import hashlib
import re
import socket
import ssl
import struct
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from drivers.api.errors import CorruptAnswer
from drivers.api.finds import Found
from drivers.api.patience import within
from drivers.onvif.events.tree import Node, tree
from drivers.onvif.target import Trust
from drivers.onvif.trust import make_context
from runtime.clock import Clock, SystemClock

GROUP: Final = ("239.255.255.250", 3702)
MOST: Final = 256
"""Devices that are told of; whoever floods us with more is cut off."""

_ASKED_AT_S: Final = (0.0, 0.5, 1.5)
_LARGEST: Final = 32 * 1024
_MOST_DATAGRAMS: Final = 4 * MOST
_GREETING_S: Final = 3.0
_GREETED_AT_ONCE: Final = 8
_TYPES: Final = {
    "NetworkVideoTransmitter": "http://www.onvif.org/ver10/network/wsdl",
    "Device": "http://www.onvif.org/ver10/device/wsdl",
}
_ADDRESS: Final = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?(?:[/?#]|$)")
_SCOPE: Final = re.compile(r"onvif://www\.onvif\.org/(name|hardware)/(\S+)", re.IGNORECASE)
_LONGEST: Final = 60


class Discovery:
    """Asks from a port of its own: another program's on 3702 is not in the way, nor is it bothered."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def find(self, seconds: float, hosts: Sequence[tuple[str, int]] = ()) -> Sequence[Found]:
        """See ``Finds.find``."""
        hearing = _Hearing()
        sockets = [made for _, name in socket.if_nameindex() if (made := _on_interface(name)) is not None]
        single = _socket()
        loop = asyncio.get_running_loop()
        transports = [(await loop.create_datagram_endpoint(lambda: hearing, sock=one))[0] for one in (*sockets, single)]
        try:
            ways = [(transport, GROUP) for transport in transports[:-1]] + [(transports[-1], host) for host in hosts]
            await self._ask(hearing, ways, seconds)
        finally:
            for transport in transports:
                transport.close()
        return await self._greeted(hearing.found())

    async def _ask(
        self, hearing: "_Hearing", ways: Sequence[tuple[asyncio.DatagramTransport, tuple[str, int]]], seconds: float
    ) -> None:
        passed = 0.0
        for at_s in _ASKED_AT_S:
            if at_s > seconds:
                break
            await self._clock.sleep(at_s - passed)
            passed = at_s
            for transport, host in ways:
                for message in hearing.questions:
                    with suppress(OSError):
                        transport.sendto(message, host)
        await self._clock.sleep(seconds - passed)

    async def _greeted(self, found: Sequence[Found]) -> Sequence[Found]:
        """Return them with the certificates that they show."""
        turns = asyncio.Semaphore(_GREETED_AT_ONCE)

        async def greet(one: Found) -> Found:
            async with turns:
                return replace(one, fingerprint=await self._fingerprint(one)) if one.tls else one

        return await asyncio.gather(*(greet(one) for one in found))

    async def _fingerprint(self, one: Found) -> str:
        context = make_context(Trust(insecure=True))
        try:
            _, writer = await within(self._clock, _GREETING_S, asyncio.open_connection(one.host, one.port, ssl=context))
        except OSError:
            return ""
        shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
        writer.transport.abort()
        return hashlib.sha256(shown.getpeercert(binary_form=True) or b"").hexdigest()


def finder() -> Discovery:
    """Return what finds cameras and door stations."""
    return Discovery()


class _Hearing(asyncio.DatagramProtocol):
    """What was asked, and who answered that: anything else that arrives is passed over."""

    def __init__(self) -> None:
        asked = {f"urn:uuid:{uuid.uuid4()}": (name, namespace) for name, namespace in _TYPES.items()}
        self.questions = [_probe(number, *kind) for number, kind in asked.items()]
        self._asked, self._taken = frozenset(asked), 0
        self._found: dict[tuple[str, int], Found] = {}

    def found(self) -> list[Found]:
        return [self._found[key] for key in sorted(self._found, key=_in_order)]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._taken += 1
        if self._taken > _MOST_DATAGRAMS or len(data) > _LARGEST or len(self._found) >= MOST:
            return
        try:
            root = tree(data)
        except CorruptAnswer:
            return
        relates = root.child("Header", "RelatesTo")
        if relates is None or relates.text.strip() not in self._asked:
            return
        for match in root.all("ProbeMatch"):
            if len(self._found) < MOST and (one := _match(match, addr[0])) is not None:
                self._found.setdefault((one.host, one.port), one)

    def error_received(self, exc: Exception) -> None:
        """Nobody is there at an address that was asked by itself."""


def _match(said: Node, host: str) -> Found | None:
    """Return who answered from ``host``; ``None`` where it is no camera."""
    scopes, kinds = _text(said, "Scopes"), _text(said, "Types")
    addresses = [found for one in _text(said, "XAddrs").split() if (found := _ADDRESS.match(one)) is not None]
    if not addresses or not ("NetworkVideo" in kinds or "onvif://" in scopes):
        return None
    scheme, named, port = next((one for one in addresses if one[2] == host), addresses[0]).groups()
    words = {name.lower(): _plain(word) for name, word in reversed(_SCOPE.findall(scopes))}
    tls = scheme == "https"
    number = int(port or (443 if tls else 80))
    if not 0 < number < 65536:
        return None
    elsewhere = "" if named == host else named
    return Found(host, number, tls, words.get("name", ""), words.get("hardware", ""), elsewhere)


def _text(node: Node, tag: str) -> str:
    found = node.child(tag)
    return found.text if found is not None else ""


def _plain(word: str) -> str:
    text = unquote(word, errors="replace").replace("_", " ")
    return "".join(one if one.isprintable() else " " for one in text)[:_LONGEST].strip()


def _in_order(key: tuple[str, int]) -> tuple[list[int], int]:
    host, port = key
    return [int(part) if part.isdecimal() else 0 for part in host.split(".")], port


def _probe(number: str, name: str, namespace: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        f' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:n="{namespace}"><s:Header>'
        '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>'
        f"<a:MessageID>{number}</a:MessageID>"
        '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>'
        f"<s:Body><d:Probe><d:Types>n:{name}</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def _on_interface(name: str) -> socket.socket | None:
    """Return a socket that asks on one interface, ``None`` where that cannot be."""
    made = _socket()
    try:
        made.setsockopt(
            socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@4s4si", b"", b"", socket.if_nametoindex(name))
        )
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    except OSError:
        made.close()
        return None
    return made


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind(("", 0))
    return made
