"""What can be wrong with a pretended camera, settable while it runs, and what its answers become then."""

import dataclasses
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from runtime.clock import Clock
from simulators.onvif.server import SOAP, Answer

Where = Literal["all", "soap", "events", "pictures", "streams"]
_MEGABYTE = b" " * 1_000_000
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + step, (b"&%c;" % (97 + step)) * 10) for step in range(9))
    + b']><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&j;</s:Body></s:Envelope>'
)
"""A billion laughs: small on the wire, two gigabytes for a parser that lets itself be talked into it."""


@dataclass(slots=True)
class Faults:
    """``where`` says which answers suffer.

    ``frozen``: it takes connections and requests and says nothing until thawed. ``drop``: each request cuts its
    connection before anything is done. ``lose_answers``: so many commands are still done, and then the connection is
    cut instead of the answer. ``redirect``: the address that everybody is sent to. ``huge_mb``: how long an answer
    is. ``drip_s``: one byte each. ``bomb``: entities in entities. ``truncated``: half of an answer, as if it were all.
    ``flood_per_s``: so many events a second, whatever limit was asked for.

    Of a maker's own streams and calls besides: ``cut_parts``: so many parts end in their middle, and the connection
    with them. ``no_heartbeat``: no sign of life. There ``truncated`` and ``huge_mb`` are of pictures.
    """

    where: Where = "all"
    frozen: bool = False
    drop: bool = False
    lose_answers: int = 0
    redirect: str = ""
    huge_mb: int = 0
    drip_s: float = 0.0
    bomb: bool = False
    truncated: bool = False
    flood_per_s: int = 0
    cut_parts: int = 0
    no_heartbeat: bool = False

    def set(self, given: dict[str, Any]) -> dict[str, Any]:
        """Set what ``given`` names and return all of it; ``ValueError`` for a name or a kind of value that is none."""
        if wrong := given.keys() - {field.name for field in dataclasses.fields(self)}:
            raise ValueError(f"a camera has no fault {', '.join(sorted(wrong))}")
        for name, value in given.items():
            wanted = type(getattr(self, name))
            if type(value) is not wanted and not (wanted is float and type(value) is int):
                raise ValueError(f"{name} is {wanted.__name__}")
        if given.get("where", "all") not in get_args(Where):
            raise ValueError(f"where is {', '.join(get_args(Where))}")
        for name, value in given.items():
            setattr(self, name, value)
        return dataclasses.asdict(self)

    def hits(self, kind: Where) -> bool:
        """Tell whether answers of ``kind`` suffer; events are SOAP too."""
        return self.where in ("all", kind) or (self.where == "soap" and kind == "events")

    def spoil(self, answer: Answer, clock: Clock) -> Answer:
        """Return what becomes of ``answer``."""
        if self.redirect:
            return Answer(307, headers=(("Location", self.redirect),), media="text/plain")
        if self.huge_mb:
            return dataclasses.replace(answer, stream=_huge(answer.body, self.huge_mb))
        if self.bomb and answer.media == SOAP:
            answer = dataclasses.replace(answer, body=BOMB)
        if self.truncated:
            answer = dataclasses.replace(answer, body=answer.body[: len(answer.body) // 2])
        if self.drip_s:
            return dataclasses.replace(answer, stream=_drip(answer.body, self.drip_s, clock))
        return answer


async def _huge(body: bytes, megabytes: int) -> AsyncGenerator[bytes, None]:
    """Give ``body`` with that much air before its end: well formed for who reads it all."""
    end = body.rfind(b"</")
    yield body[:end]
    for _ in range(megabytes):
        yield _MEGABYTE
    yield body[end:]


async def _drip(body: bytes, every_s: float, clock: Clock) -> AsyncGenerator[bytes, None]:
    for index in range(len(body)):
        await clock.sleep(every_s)
        yield body[index : index + 1]
