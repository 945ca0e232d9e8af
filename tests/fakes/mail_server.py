"""A mail server that speaks as much SMTP as a client needs, STARTTLS and AUTH PLAIN too, and keeps what it gets."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """``context`` offers STARTTLS; ``logins`` are who may come (none: everybody); ``refuses`` is the answer to RCPT of
    an address. ``mails`` are what came, ``envelopes`` their recipients, ``logged_in`` who did, ``secure`` how many came
    over TLS.
    """

    context: ssl.SSLContext | None = None
    logins: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    logged_in: list[str] = field(default_factory=list)
    secure: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it leaves."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure, recipients = False, list[str]()
        writer.write(b"220 fake\r\n")
        while line := (await reader.readline()).decode().strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO" | "HELO":
                    offers = ["250-fake", *(["250-STARTTLS"] if self.context and not secure else [])]
                    writer.write("\r\n".join([*offers, "250-AUTH PLAIN", "250 8BITMIME", ""]).encode())
                case "STARTTLS" if self.context is not None:
                    writer.write(b"220 go ahead\r\n")
                    await writer.drain()
                    await writer.start_tls(self.context)
                    secure = True
                case "AUTH":
                    writer.write(self._authenticate(rest.removeprefix("PLAIN ")))
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    recipients.append(address)
                    writer.write(f"{self.refuses.get(address, '250 ok')}\r\n".encode())
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    text = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(message_from_bytes(text[:-3], policy=policy.default))
                    self.envelopes.append(recipients)
                    self.secure += secure
                    writer.write(b"250 taken\r\n")
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    writer.write(b"250 ok\r\n")

    def _authenticate(self, words: str) -> bytes:
        _, name, password = base64.b64decode(words).decode().split("\0")
        if self.logins.get(name) != password:
            return b"535 no\r\n"
        self.logged_in.append(name)
        return b"235 welcome\r\n"


@asynccontextmanager
async def mail_server(made: MailServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """Run a server on a loopback port for as long as the block lasts, under ``tls`` from the first byte if given."""
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
