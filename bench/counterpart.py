"""The devices that are polled: Modbus TCP servers in one process, lean enough that the client is what is measured.

Run as ``python -m bench.counterpart DEVICES REGISTERS``: prints one JSON line with its ports, then answers each line on
standard input with one JSON line of what it was asked, and ends with its input. The registers of a device rise by one
with every answer. Only FC03 for all registers is known (MODBUS Messaging on TCP/IP V1.0b §3.1); the simulators' own
server knows everything and takes three times as long.
"""

import asyncio
import json
import socket
import struct
import sys

_HEAD = struct.Struct(">HHHBBHH")
_LARGEST = 16 * 1024


class Device:
    """One device: ``requests`` counts what it was asked, ``strange`` what it did not understand."""

    def __init__(self, registers: int) -> None:
        self.registers = registers
        self.requests = 0
        self.strange = 0
        self._answer = struct.Struct(f">HHHBBB{registers}H")

    def answer(self, request: memoryview) -> bytes:
        """Return the answer to one whole request frame; nothing for what is not understood."""
        transaction, protocol, length, unit, function, address, count = _HEAD.unpack(request)
        if (protocol, length, function, address, count) != (0, 6, 3, 0, self.registers):
            self.strange += 1
            return b""
        self.requests += 1
        size = 2 * count
        values = range(self.requests & 0x7FFF, (self.requests & 0x7FFF) + count)
        return self._answer.pack(transaction, 0, 3 + size, unit, 3, size, *values)


class Connection(asyncio.BufferedProtocol):
    """One client of one device; buffered, because asyncio's plain protocol takes 256 KiB for every read."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._buffer = memoryview(bytearray(_LARGEST))
        self._filled = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        whole = self._filled - self._filled % _HEAD.size
        for start in range(0, whole, _HEAD.size):
            answer = self._device.answer(self._buffer[start : start + _HEAD.size])
            if self._transport is not None and answer:
                self._transport.write(answer)
        rest = self._filled - whole
        self._buffer[:rest] = self._buffer[whole : self._filled]
        self._filled = rest


async def _serve(count: int, registers: int) -> None:
    loop = asyncio.get_running_loop()
    devices = [Device(registers) for _ in range(count)]
    servers = [await loop.create_server(lambda one=one: Connection(one), "127.0.0.1", 0) for one in devices]  # type: ignore[misc]
    print(json.dumps({"ports": [server.sockets[0].getsockname()[1] for server in servers]}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        asked = {"requests": sum(one.requests for one in devices), "strange": sum(one.strange for one in devices)}
        print(json.dumps(asked), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
