"""Who this gateway is and whom it believes, kept in one file that only its owner may read."""

import json
import os
import tempfile
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wire.errors import IdentityError
from wire.identity import fingerprint, is_gateway_name, public_key, public_text

FILE_NAME = "identity.json"
"""Its name in the state directory."""


class IdentityFileError(Exception):
    """The file is there and cannot be used; ``str(error)`` names it and says why, without its contents."""


@dataclass(frozen=True, slots=True)
class Identity:
    """``gateway`` is this box's name, ``key`` its private key; ``url`` and ``collector`` are where and who the
    collector is, ``command_key`` the key that its commands must be signed with (pinned at enrolment).
    """

    gateway: str
    key: Ed25519PrivateKey
    url: str
    collector: str
    command_key: Ed25519PublicKey

    @property
    def fingerprint(self) -> str:
        """The public key's fingerprint, as the console shows it."""
        return fingerprint(self.key.public_key())


def load_identity(path: Path) -> Identity | None:
    """Return the identity at ``path``, ``None`` where there is no such file; ``IdentityFileError`` for a bad one."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise IdentityFileError(f"{path}: cannot be read: {error}") from error
    try:
        document = json.loads(text)
        key = Ed25519PrivateKey.from_private_bytes(b64decode(document["private_key"], validate=True))
        gateway, url, collector = (_text(document, name) for name in ("gateway", "url", "collector"))
        command_key = public_key(_text(document, "command_key"))
    except (ValueError, KeyError, TypeError, Base64Error, IdentityError) as error:
        raise IdentityFileError(f"{path}: not an identity file ({type(error).__name__})") from error
    if not is_gateway_name(gateway):
        raise IdentityFileError(f"{path}: not a gateway's name")
    return Identity(gateway, key, url, collector, command_key)


def save_identity(path: Path, identity: Identity) -> None:
    """Write ``identity`` so that the file is whole or absent at every moment, readable by its owner alone (0600).

    Raises ``OSError`` where it cannot be written.
    """
    document = {
        "gateway": identity.gateway,
        "private_key": b64encode(identity.key.private_bytes_raw()).decode(),
        "url": identity.url,
        "collector": identity.collector,
        "command_key": public_text(identity.command_key),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(document: dict[str, object], name: str) -> str:
    value = document[name]
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value
