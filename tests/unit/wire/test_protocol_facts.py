"""Holds docs/protocol.md to both programs: its numbers, the words of their refusals, and that no struct is missing."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import msgspec
import pytest

import wire
from collector.access.enrolment import CODE_LIFE_S
from collector.api.gateway import BODY_S
from collector.commands.desk import LIFE_S
from collector.commands.stream import SIGN_S
from collector.fleet.presence import LATE_S, OFFLINE_S
from collector.gateway.protocol import LIMITS, UPLOAD_LIMIT
from collector.ingest.service import UNSEALED_LIMIT
from collector.pictures.desk import WAIT_S
from edge_agent.uplink.commands import SILENCE_S
from edge_agent.uplink.exchange import ANSWER_LIMIT
from edge_agent.uplink.http_transport import FRAME_LIMIT
from edge_agent.uplink.mqtt_transport import HEAD, PICTURE_MOST
from edge_agent.uplink.pace import MAX_BYTES, MAX_CHUNKS
from edge_agent.uplink.status import PERIOD_S
from tests.unit.wire.making import STRUCTS
from wire import topics
from wire.chunk import Chunk
from wire.errors import IdentityError
from wire.identity import Claims, public_key
from wire.picture import PICTURE_LIMIT

ROOT = Path(__file__).parents[3]
PAGE = " ".join((ROOT / "docs" / "protocol.md").read_text(encoding="utf-8").split())
MIB, KIB = 2**20, 2**10


@pytest.mark.parametrize(
    "said",
    [
        f"body of `/chunks` | {UPLOAD_LIMIT // MIB} MiB",
        f"body of `/pictures` | {PICTURE_LIMIT // MIB} MiB and 1 KiB; over MQTT {PICTURE_MOST // KIB} KiB",
        f"{PICTURE_MOST // KIB} KiB for `pictures`",
        f"It lives {WAIT_S:g} s.",
        f"to arrive | {BODY_S:g} s",
        f"command stream | {FRAME_LIMIT // KIB} KiB",
        f"needs to read | {ANSWER_LIMIT // MIB} MiB",
        f"over {UNSEALED_LIMIT // MIB} MiB",
        f"within {CODE_LIFE_S // 60} minutes",
        f"up to {MAX_BYTES // MIB} MiB of bodies and {MAX_CHUNKS} chunks",
        f"every {PERIOD_S:g} s and at once",
        f"late after {LATE_S:g} s without one, offline after {OFFLINE_S:g} s",
        f"at least one every {SIGN_S:g} s; {SILENCE_S:g} s of silence",
        f"{LIFE_S} s after `issued_at`",
        f"`…/listen` | the gateway, every {topics.LISTEN_S:g} s",
        f"After {topics.SILENCE_S:g} s of silence either side",
        f"up to {LIMITS['listen']} bytes of the gateway's choice",
        f"{LIMITS['chunks'] // MIB} MiB for `chunks`, {LIMITS['status'] // KIB} KiB for `status`",
        f"Maximum Packet Size less {HEAD // KIB} KiB",
        f"Topics begin with `{topics.ROOT}/NAME`",
        f"`{topics.shared_filter('SUBJECT')}`",
        f"user property `{topics.AUTHORIZATION}`",
        f"user property `{topics.STATUS}`",
        f"`{topics.RETRY_AFTER}` in seconds",
        f"In the token `htm` is `{topics.METHOD}`",
    ],
)
def test_a_number_is_the_code_s(said: str) -> None:
    assert said in PAGE


def _words(path: str, pattern: str) -> set[str]:
    found = set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8")))
    assert found, f"{path} says nothing that looks like {pattern}"
    return found


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("wire/identity.py", r'IdentityError\("(\w+)"'),
        ("collector/access/gateways.py", r'(?:IdentityError|_refused)\("(\w+)"'),
        ("collector/api/gateway.py", r'Wrong\(\d+, "(\w+)"'),
        ("collector/gateway/protocol.py", r'(?:Wrong|_refusal)\(\d+, "(\w+)"'),
        ("collector/ingest/judge.py", r'Quarantined\(chunk, "(\w+)"'),
        ("collector/ingest/service.py", r'(?:Fate\.KEEP|Quarantined\([\w.\[\]]+), "(\w+)"'),
    ],
)
def test_every_word_of_a_refusal_is_explained(path: str, pattern: str) -> None:
    assert sorted(word for word in _words(path, pattern) if f"`{word}`" not in PAGE) == []


def test_every_struct_of_wire_is_tested_and_described() -> None:
    modules = [import_module(f"wire.{module.name}") for module in iter_modules(wire.__path__)]
    defined = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
    }
    assert defined == {*STRUCTS, Chunk, Claims}


@pytest.mark.parametrize("text", ["A" * 42 + "B", "A" * 43 + "=", "+" * 43, "/" * 43], ids=ascii)
def test_a_key_has_one_written_form(text: str) -> None:
    with pytest.raises(IdentityError, match=r"^malformed$"):
        public_key(text)
