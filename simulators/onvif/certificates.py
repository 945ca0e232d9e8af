"""The self-signed certificate that a camera makes for itself, as nearly every camera in the field has one."""

import datetime
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Certificate:
    """``context`` for a server, ``pem`` for who trusts it, ``fingerprint`` (SHA-256, hex) for who pins it."""

    context: ssl.SSLContext
    pem: str
    fingerprint: str


def self_signed(name: str = "camera") -> Certificate:
    """Return a new one for ``name``, good for ten years; its key exists in a file for a moment only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    made = builder.not_valid_after(now + datetime.timedelta(days=3650)).sign(key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "camera.pem"
        file.write_bytes(pem + secret)
        context.load_cert_chain(file)
    return Certificate(context, pem.decode(), made.fingerprint(hashes.SHA256()).hex())
