"""Enrolment: the box makes its own key, shows the one-time code to the collector and pins what comes back."""

from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.identity_file import FILE_NAME, Identity, load_identity, save_identity
from edge_agent.uplink.errors import LinkError, Refused
from edge_agent.uplink.exchange import ask, is_collector_url, make_request, make_way
from runtime.clock import Clock
from wire import PROTOCOL
from wire.codec import encode
from wire.errors import IdentityError
from wire.exchange import Enrolled, EnrolmentRequest, Hello
from wire.identity import is_gateway_name, public_key, public_text


class EnrolmentError(Exception):
    """It did not come about, and nothing was written; ``word`` is stable:

    ``bad_url`` · ``bad_name`` · ``already_enrolled`` · ``bad_code`` (unknown, used, expired, another gateway's) ·
    ``other_protocol`` · ``bad_answer`` · ``cannot_write`` · or what the link said (``cannot_connect``, ``timeout``,
    ``not_a_collector``, ``http_502`` ...). ``detail`` says more, without secrets.
    """

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word, self.detail = word, detail


async def enrol(
    url: str,
    code: str,
    gateway: str,
    state_dir: Path,
    clock: Clock,
    *,
    version: str = "",
    replace: bool = False,
    timeout_s: float = 10.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Identity:
    """Enrol this box as ``gateway`` at the collector ``url`` with the one-time ``code``; return who it is now.

    Writes ``identity.json`` in ``state_dir`` (0600, whole or not at all). An identity that is there already is kept
    unless ``replace``. Raises ``EnrolmentError``, and ``IdentityFileError`` for a present file that cannot be read.
    """
    path, url = state_dir / FILE_NAME, url.strip().rstrip("/")
    if not is_collector_url(url):
        raise EnrolmentError("bad_url", "http:// or https://, a host, no user, no query")
    if not is_gateway_name(gateway):
        raise EnrolmentError("bad_name", "1..63 of a-z, 0-9 and inner hyphens")
    _check_writable(state_dir)
    if not replace and load_identity(path) is not None:
        raise EnrolmentError("already_enrolled", str(path))
    key = Ed25519PrivateKey.generate()
    question = EnrolmentRequest(code.strip(), gateway, public_text(key.public_key()), version)
    try:
        async with make_way(url, transport) as way:
            enrolled = await _ask(way, url, question, clock, timeout_s)
    except Refused as error:
        raise EnrolmentError(error.word, f"HTTP {error.status}") from error
    except LinkError as error:
        raise EnrolmentError(error.word, url) from error
    identity = _pinned(enrolled, gateway, key, url)
    try:
        save_identity(path, identity)
    except OSError as error:
        raise EnrolmentError("cannot_write", str(error)) from error
    return identity


async def _ask(
    way: httpx.AsyncBaseTransport, url: str, question: EnrolmentRequest, clock: Clock, timeout_s: float
) -> Enrolled:
    hello = await ask(way, make_request(url, "GET", "/gateway/v1/hello"), Hello, clock, timeout_s)
    if PROTOCOL not in hello.value.protocols:
        raise EnrolmentError(
            "other_protocol", f"the collector speaks {list(hello.value.protocols)}, this agent {PROTOCOL}"
        )
    request = make_request(url, "POST", "/gateway/v1/enrol", encode(question))
    answer = await ask(way, request, Enrolled, clock, timeout_s)
    if answer.value.collector != hello.value.collector:
        raise EnrolmentError("bad_answer", "two collectors answered")
    return answer.value


def _pinned(enrolled: Enrolled, gateway: str, key: Ed25519PrivateKey, url: str) -> Identity:
    if enrolled.gateway != gateway or not enrolled.collector:
        raise EnrolmentError("bad_answer", "for another gateway")
    try:
        return Identity(gateway, key, url, enrolled.collector, public_key(enrolled.command_key))
    except IdentityError as error:
        raise EnrolmentError("bad_answer", "the command key is not one") from error


def _check_writable(state_dir: Path) -> None:
    """Fail before the one-time code is spent."""
    probe = state_dir / f".{FILE_NAME}.probe"
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise EnrolmentError("cannot_write", str(error)) from error
