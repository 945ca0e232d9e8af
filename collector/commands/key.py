"""The collector's own key, which signs every command and which gateways pin when they are enrolled."""

import base64
import binascii
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class BadKeyFile(Exception):
    """The file is there and does not hold a key."""


def load_or_make(path: Path) -> Ed25519PrivateKey:
    """Return the key kept in ``path`` (base64, mode 0600), made when there is none yet; ``BadKeyFile``."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return _make(path)
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise BadKeyFile(f"{path} does not hold an Ed25519 key") from error


def _make(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(key.private_bytes_raw()) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return load_or_make(path)
    finally:
        draft.unlink()
    return key
