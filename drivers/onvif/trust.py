"""Whom a camera's certificate must satisfy before it is told anything: a TLS context made from ``Trust``."""

import hashlib
import ssl

from drivers.api.errors import Misconfigured
from drivers.onvif.target import Trust


def make_context(trust: Trust) -> ssl.SSLContext:
    """Return the context for one camera's connections; it serves asyncio, and whatever wraps bytes in memory.

    A pinned certificate is compared once the handshake is done and before a byte of ours leaves; its names and its
    dates do not matter then. ``Misconfigured`` where the authority's file cannot be read.
    """
    if trust.pin:
        return _pinned(trust.pin)
    if trust.insecure:
        return _unverified()
    try:
        return ssl.create_default_context(cafile=trust.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"the authority's certificate cannot be read: {error.strerror or 'no certificate'}"
        ) from None


def why_not_trusted(error: BaseException) -> str:
    """Return why a certificate was not believed, empty where that was not what went wrong; looks at the causes too."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(getattr(cause, "verify_message", "") or cause.args[-1])  # only OpenSSL's own say it so
        cause = cause.__cause__ or cause.__context__
    return ""


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _pinned(pin: str) -> ssl.SSLContext:
    wanted = pin.replace(":", "").lower()

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            seen = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
            if seen != wanted:
                raise ssl.SSLCertVerificationError(1, f"its SHA-256 is {seen}, which is not the one that is pinned")

    context = _unverified()
    context.sslobject_class = Pinned
    return context
