"""How a device believes a client: the UsernameToken digest of WS-Security, and HTTP digest (RFC 7616)."""

import base64
import binascii
import datetime
import hashlib
import hmac
import secrets
from collections import deque
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list
from xml.etree import ElementTree

from simulators.onvif.soap import NAMESPACES

WINDOW_S = 300.0
_REALM = "pretend camera"
_REMEMBERED = 1000


@dataclass(slots=True)
class Credentials:
    """One user. ``refused`` counts what was offered and not believed; ``windowed``: a token's time must be near."""

    user: str
    password: str
    windowed: bool = True
    refused: int = 0
    _nonces: deque[bytes] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _given: dict[str, int] = field(default_factory=dict)
    """Our own nonces, and how often each was used; the oldest are forgotten."""

    def believes_token(self, header: ElementTree.Element | None, now_us: int) -> bool | None:
        """Judge the UsernameToken in ``header`` by the device's own clock; ``None`` where there is none.

        A token that was taken once is refused, and one whose Created is further away than ``WINDOW_S``.
        """
        token = None if header is None else header.find("wsse:Security/wsse:UsernameToken", NAMESPACES)
        if token is None:
            return None
        believed = self._token_is_good(token, now_us)
        self.refused += not believed
        return believed

    def believes_digest(self, offered: str | None, method: str, target: str) -> bool | None:
        """Judge the Authorization header of a request; ``None`` where it has none."""
        if not offered:
            return None
        believed = self._digest_is_good(offered, method, target)
        self.refused += not believed
        return believed

    def challenge(self) -> str:
        """Return a fresh WWW-Authenticate header."""
        nonce = secrets.token_hex(16)
        self._given[nonce] = 0
        if len(self._given) > _REMEMBERED:
            del self._given[next(iter(self._given))]
        return f'Digest realm="{_REALM}", qop="auth", nonce="{nonce}", algorithm=MD5'

    def forget(self) -> None:
        """Know no nonce any more, as after a restart."""
        self._nonces.clear()
        self._given.clear()

    def _token_is_good(self, token: ElementTree.Element, now_us: int) -> bool:
        def text(name: str) -> str:
            return token.findtext(name, "", NAMESPACES).strip()

        password = token.find("wsse:Password", NAMESPACES)
        if password is None or not password.get("Type", "").endswith("#PasswordDigest"):
            return False
        created = text("wsu:Created")
        try:
            nonce = base64.b64decode(text("wsse:Nonce"), validate=True)
            moment = datetime.datetime.fromisoformat(created)
        except (binascii.Error, ValueError):
            return False
        if moment.tzinfo is None or not nonce or nonce in self._nonces:
            return False
        if self.windowed and abs(moment.timestamp() - now_us / 1e6) > WINDOW_S:
            return False
        # SHA-1 is what the profile of 2004 says.
        made = hashlib.sha1(nonce + created.encode() + self.password.encode(), usedforsecurity=False).digest()
        right = base64.b64encode(made).decode()
        good = _same(text("wsse:Username"), self.user) and _same((password.text or "").strip(), right)
        if good:
            self._nonces.append(nonce)
        return good

    def _digest_is_good(self, offered: str, method: str, target: str) -> bool:
        scheme, _, rest = offered.partition(" ")
        try:
            given = parse_keqv_list(parse_http_list(rest))
            count = int(given.get("nc", ""), 16)
        except (ValueError, IndexError):
            return False
        nonce = given.get("nonce", "")
        if scheme.lower() != "digest" or nonce not in self._given or given.get("qop") != "auth":
            return False
        if given.get("uri") != target or count <= self._given[nonce]:
            return False
        secret = _md5(f"{self.user}:{_REALM}:{self.password}")
        right = _md5(f"{secret}:{nonce}:{given['nc']}:{given.get('cnonce', '')}:auth:{_md5(f'{method}:{target}')}")
        good = _same(given.get("username", ""), self.user) and _same(given.get("response", ""), right)
        if good:
            self._given[nonce] = count
        return good


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
