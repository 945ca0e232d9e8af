"""The errors of this package, drawn as a tree: what bytes or tokens from elsewhere can be guilty of."""

#   WireError
#   ├── CodecError      the bytes are not what they claim to be (or cannot be encoded)
#   └── IdentityError   a signature, token or name that must not be believed


class WireError(Exception):
    """Root of the tree."""


class CodecError(WireError):
    """Bytes that do not decode, or a value that has no encoding. The message never quotes the bytes."""


class IdentityError(WireError):
    """A refusal to believe; ``reason`` is a stable word for logs and answers
    (``bad_signature``, ``expired``, ``not_yet``, ``wrong_audience``, ``malformed``; the collector's gate adds its own).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
