"""Certificates of a pretend authority, made on the spot: a good one, and one that expired yesterday."""

import datetime
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)
_HOST = "localhost"


class Authority:
    """Writes its own certificate (``trust``, for SSL_CERT_FILE) and those it signs for localhost into ``folder``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Linli test authority")
        self.trust = folder / "authority.pem"
        now = datetime.datetime.now(datetime.UTC)
        made = _builder(self._name, self._name, self._key.public_key(), now - 30 * _DAY, now + 30 * _DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.trust.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))

    def contexts(self) -> dict[str, ssl.SSLContext]:
        """Return a server's contexts: ``good`` and ``expired``."""
        now = datetime.datetime.now(datetime.UTC)
        return {
            "good": self._context("good", now - _DAY, now + _DAY),
            "expired": self._context("expired", now - 3 * _DAY, now - _DAY),
        }

    def _context(self, name: str, start: datetime.datetime, end: datetime.datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(_HOST)])
        made = _builder(_name(_HOST), self._name, key.public_key(), start, end).add_extension(names, critical=False)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"{name}.pem"
        file.write_bytes(_pem(made.sign(self._key, hashes.SHA256())) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    start: datetime.datetime,
    end: datetime.datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
