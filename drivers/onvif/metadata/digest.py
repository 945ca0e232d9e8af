"""HTTP digest as RTSP has it (RFC 7616, RFC 2069): a password leaves in no other way."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Final
from urllib.request import parse_http_list, parse_keqv_list

from config.hidden import Secret
from drivers.api.errors import Misconfigured

_HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
"""The better one first."""


class Digest:
    """Answers one challenge, for as many questions as the camera lets it."""

    def __init__(self, challenges: Sequence[str], user: str, password: Secret) -> None:
        """``challenges`` are all its ``WWW-Authenticate``; ``Misconfigured`` where none is a digest that we know."""
        known: dict[str, dict[str, str]] = {}
        for challenge in challenges:
            scheme, _, rest = challenge.partition(" ")
            if scheme.lower() == "digest" and (given := _given(rest)):
                known.setdefault(given.get("algorithm", "MD5").upper(), given)
        name = next((name for name in _HASHES if name in known), "")
        if not name:
            raise Misconfigured(
                "metadata: it does not offer a digest that is known, and the password goes no other way"
            )
        self._hash, self._given = _HASHES[name], known[name]
        self._user, self._password, self._count = user, password, 0

    def answer(self, method: str, address: str, client_nonce: str = "") -> str:
        """Return the ``Authorization`` of one question."""
        given = self._given
        realm, nonce = given["realm"], given["nonce"]
        secret = self._made(f"{self._user}:{realm}:{self._password.reveal()}")
        asked = self._made(f"{method}:{address}")
        said = {"username": self._user, "realm": realm, "nonce": nonce, "uri": address}
        plain = {name: given[name] for name in ("algorithm",) if name in given}
        if "auth" in [one.strip() for one in given.get("qop", "").lower().split(",")]:
            self._count += 1
            count, own = f"{self._count:08x}", client_nonce or secrets.token_hex(8)
            said |= {"response": self._made(f"{secret}:{nonce}:{count}:{own}:auth:{asked}"), "cnonce": own}
            plain |= {"qop": "auth", "nc": count}
        else:
            said["response"] = self._made(f"{secret}:{nonce}:{asked}")
        if "opaque" in given:
            said["opaque"] = given["opaque"]
        quoted = [f'{name}="{_escaped(value)}"' for name, value in said.items()]
        return "Digest " + ", ".join(quoted + [f"{name}={value}" for name, value in plain.items()])

    def _made(self, text: str) -> str:
        return self._hash(text.encode())


def _given(text: str) -> dict[str, str]:
    """Return what a challenge says, nothing where it lacks what is needed."""
    try:
        given = {name.lower(): value for name, value in parse_keqv_list(parse_http_list(text)).items()}
    except (ValueError, IndexError):
        return {}
    return given if {"realm", "nonce"} <= given.keys() else {}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
