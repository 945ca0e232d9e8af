"""WS-Discovery as cameras answer it: a probe on UDP 3702, and one answer for each device that is there."""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import Callable, Iterable
from xml.etree import ElementTree

from simulators.onvif.device import OnvifDevice
from simulators.onvif.device_service import PATHS, scopes
from simulators.onvif.soap import NAMESPACES, Markup, SoapFault, envelope, join, parse, tag

GROUP = "239.255.255.250"
_PROBE = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_WSA_2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_ADDRESSING = (NAMESPACES["wsa"], _WSA_2004)
_LARGEST = 8_000


class Discovery(asyncio.DatagramProtocol):
    """Answers for ``devices`` on ``host``:``port`` (0: a free one), and to the group where the machine lets it join."""

    def __init__(self, devices: Callable[[], Iterable[OnvifDevice]], host: str, port: int) -> None:
        self.host, self.port = host, port
        self.probes = 0
        self._devices = devices
        self._transport: asyncio.DatagramTransport | None = None
        self._group: asyncio.DatagramTransport | None = None

    @property
    def in_group(self) -> bool:
        """Tell whether probes to the multicast group are heard, not only those to the host."""
        return self._group is not None

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        self.port = self._transport.get_extra_info("sockname")[1]
        with contextlib.suppress(OSError):
            self._group, _ = await loop.create_datagram_endpoint(lambda: self, sock=_joined(self.host, self.port))

    def stop(self) -> None:
        """Listen no more."""
        for transport in (self._transport, self._group):
            if transport is not None:
                transport.close()
        self._transport = self._group = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = _asked(data)
        if asked is None or self._transport is None:
            return
        self.probes += 1
        for device in self._devices():
            if not device.wrong.frozen:
                self._transport.sendto(_match(device, asked), addr)


def _joined(host: str, port: int) -> socket.socket:
    """Return a socket that hears what is sent to the group where ``host`` is."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((GROUP, port))
        joined = socket.inet_aton(GROUP) + socket.inet_aton(host)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def _asked(data: bytes) -> str | None:
    """Return the MessageID of a probe that means us; ``None`` for anything else."""
    try:
        call = parse(data) if len(data) <= _LARGEST else None
    except SoapFault:
        return None
    if call is None or call.name != "d:Probe" or call.header is None:
        return None
    types = (call.body.findtext("d:Types", "", NAMESPACES) or "").split()
    if types and not any(one.rpartition(":")[2] in ("NetworkVideoTransmitter", "Device") for one in types):
        return None
    return _message_id(call.header)


def _message_id(header: ElementTree.Element) -> str | None:
    found = (header.findtext(f"{{{namespace}}}MessageID") for namespace in _ADDRESSING)
    return next((one.strip() for one in found if one), None)


def _match(device: OnvifDevice, asked: str) -> bytes:
    reference = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, device.serial)}"
    match = tag(
        "d:ProbeMatch",
        _addressing("EndpointReference", _addressing("Address", reference)),
        tag("d:Types", "dn:NetworkVideoTransmitter"),
        tag("d:Scopes", scopes(device)),
        tag("d:XAddrs", device.url(PATHS["tds"])),
        tag("d:MetadataVersion", "1"),
    )
    header = join(
        _addressing("MessageID", f"urn:uuid:{uuid.uuid4()}"),
        _addressing("RelatesTo", asked),
        _addressing("To", f"{_WSA_2004}/role/anonymous"),
        _addressing("Action", f"{_PROBE}/ProbeMatches"),
    )
    return envelope(tag("d:ProbeMatches", match), header)


def _addressing(name: str, content: str) -> Markup:
    return tag(f"w:{name}", content, attributes={"xmlns:w": _WSA_2004})
