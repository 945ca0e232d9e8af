"""One-time codes that a person can read out over the telephone: ten Crockford base-32 signs, 50 bits."""

import hashlib
import secrets

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_code() -> str:
    """Return a fresh code such as ``7K3QM-9XW2A``."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(10))
    return f"{signs[:5]}-{signs[5:]}"


def code_hash(code: str) -> str:
    """Return what is kept of a code; hyphens, blanks, case and the pairs O/0, I/1, L/1 make no difference."""
    plain = code.upper().translate(_ALIKE)
    return hashlib.sha256(b"linli-enrolment\0" + plain.encode()).hexdigest()
