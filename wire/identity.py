"""Who speaks: Ed25519 keys in their written form, the short-lived token on each request, and signed commands.

Tokens are JSON Web Tokens (RFC 7519) with ``alg`` EdDSA (RFC 8037). A token is bound to one request: method, path
and the SHA-256 of the body are among its claims, so a stolen one can at most repeat what was already said.
"""

import base64
import binascii
import hashlib
import re
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct, json

from wire.codec import decode, encode
from wire.command import Command, SignedCommand
from wire.errors import CodecError, IdentityError
from wire.plates import ListsPart, SignedPart

T = TypeVar("T")

TOKEN_LIFE_S = 60
"""How long a request's token is valid, by the collector's clock."""

CLOCK_LEEWAY_S = 30
"""How far a token's time may lie in the collector's future or past beyond its life."""

_HEADER = b'{"alg":"EdDSA","typ":"JWT"}'
_COMMAND_CONTEXT = b"linli-command-1\0"
_LISTS_CONTEXT = b"linli-lists-1\0"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_gateway_name(name: str) -> bool:
    """Tell whether ``name`` may name a gateway: 1..63 of a-z, 0-9 and inner hyphens."""
    return _NAME.fullmatch(name) is not None


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as 43 characters of unpadded URL-safe base64."""
    return _unpadded(key.public_bytes_raw())


def public_key(text: str) -> Ed25519PublicKey:
    """Return the key that ``public_text`` wrote; ``IdentityError("malformed")`` otherwise."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        key = Ed25519PublicKey.from_public_bytes(raw)
    except (binascii.Error, ValueError) as error:
        raise IdentityError("malformed") from error
    if public_text(key) != text:
        raise IdentityError("malformed")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of the key's SHA-256 in groups of four, for people to compare."""
    digest = hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
    return " ".join(digest[i : i + 4] for i in range(0, 16, 4))


class Claims(Struct, frozen=True):
    """What a token says: who, to whom, when (µs, collector's clock), its own id, the request it belongs to, and what
    the gateway's own clock showed (µs, 0 where it does not say).
    """

    gateway: str
    collector: str
    issued_at: int
    id: str
    method: str
    path: str
    body_sha256: str
    wall: int = 0


def body_digest(body: bytes) -> str:
    """Return the hex SHA-256 of a request's body (of the empty string where there is none)."""
    return hashlib.sha256(body).hexdigest()


def sign_token(claims: Claims, key: Ed25519PrivateKey) -> str:
    """Return the compact token for one request.

    Written out here because a gateway only ever signs: PyJWT, which judges tokens, would cost it 2 MB of memory.
    """
    issued_s = claims.issued_at // 1_000_000
    payload: dict[str, str | int] = {
        "iss": claims.gateway,
        "aud": claims.collector,
        "iat": issued_s,
        "exp": issued_s + TOKEN_LIFE_S,
        "jti": claims.id,
        "htm": claims.method,
        "htu": claims.path,
        "bsh": claims.body_sha256,
    }
    if claims.wall:
        payload["now"] = claims.wall
    signed = f"{_unpadded(_HEADER)}.{_unpadded(json.encode(payload))}"
    return f"{signed}.{_unpadded(key.sign(signed.encode()))}"


def claimed_gateway(token: str) -> str:
    """Return the gateway that a token *claims*, unverified, to look its key up.

    ``IdentityError("malformed")`` where it names none that could be one.
    """
    import jwt  # see ``sign_token``

    try:
        payload = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, UnicodeEncodeError) as error:
        raise IdentityError("malformed") from error
    name = _text(payload, "iss")
    if not is_gateway_name(name):
        raise IdentityError("malformed")
    return name


def verify_token(token: str, key: Ed25519PublicKey, *, collector: str, now: int) -> Claims:
    """Return a token's claims after checking signature, audience and time (``now``: µs, collector's clock).

    The caller still compares method, path and body with the request, and refuses a repeated ``id``.
    Raises ``IdentityError`` with ``bad_signature``, ``wrong_audience``, ``expired``, ``not_yet`` or ``malformed``.
    """
    import jwt  # see ``sign_token``

    options: Any = {"verify_exp": False, "verify_iat": False, "require": ["iss", "aud", "iat", "exp", "jti"]}
    try:
        payload = jwt.decode(token, key, algorithms=["EdDSA"], audience=collector, options=options)
    except jwt.InvalidSignatureError as error:
        raise IdentityError("bad_signature") from error
    except jwt.InvalidAudienceError as error:
        raise IdentityError("wrong_audience") from error
    except (jwt.PyJWTError, UnicodeEncodeError) as error:
        raise IdentityError("malformed") from error
    issued_s = payload["iat"]
    if not isinstance(issued_s, int) or isinstance(issued_s, bool):
        raise IdentityError("malformed")
    now_s = now / 1_000_000
    if now_s > issued_s + TOKEN_LIFE_S + CLOCK_LEEWAY_S:
        raise IdentityError("expired")
    if now_s < issued_s - CLOCK_LEEWAY_S:
        raise IdentityError("not_yet")
    names = ("iss", "jti", "htm", "htu", "bsh")
    gateway, token_id, method, path, digest = (_text(payload, name) for name in names)
    wall = payload.get("now", 0)
    if not isinstance(wall, int) or isinstance(wall, bool):
        raise IdentityError("malformed")
    return Claims(gateway, collector, issued_s * 1_000_000, token_id, method, path, digest, wall)


def sign_command(command: Command, key: Ed25519PrivateKey) -> SignedCommand:
    """Return the envelope that carries ``command``."""
    payload = encode(command)
    return SignedCommand(payload, key.sign(_COMMAND_CONTEXT + payload))


def verify_command(signed: SignedCommand, key: Ed25519PublicKey, *, gateway: str) -> Command:
    """Return the command inside if the pinned ``key`` signed it and it is addressed to ``gateway``.

    Raises ``IdentityError`` with ``bad_signature``, ``wrong_audience`` or ``malformed``. Expiry and single use are
    the caller's: they need a clock and a memory.
    """
    command = _opened(signed, _COMMAND_CONTEXT, Command, key)
    if command.gateway != gateway:
        raise IdentityError("wrong_audience")
    return command


def sign_part(part: ListsPart, key: Ed25519PrivateKey) -> SignedPart:
    """Return the envelope that carries ``part``."""
    payload = encode(part)
    return SignedPart(payload, key.sign(_LISTS_CONTEXT + payload))


def verify_part(signed: SignedPart, key: Ed25519PublicKey, *, gateway: str) -> ListsPart:
    """Return the part inside if the pinned ``key`` of commands signed it and it is of ``gateway``'s lists; errors as of
    ``verify_command``.
    """
    part = _opened(signed, _LISTS_CONTEXT, ListsPart, key)
    if part.gateway != gateway:
        raise IdentityError("wrong_audience")
    return part


def _opened(signed: SignedCommand | SignedPart, context: bytes, kind: type[T], key: Ed25519PublicKey) -> T:
    try:
        key.verify(signed.signature, context + signed.payload)
    except InvalidSignature as error:
        raise IdentityError("bad_signature") from error
    try:
        return decode(signed.payload, kind)
    except CodecError as error:
        raise IdentityError("malformed") from error


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise IdentityError("malformed")
    return value
