"""The JPEG that a camera put into a document of its metadata, beside the plate that it read."""

import binascii
import re
from typing import Final

_IMAGE: Final = re.compile(rb"<(?:[\w.-]{1,40}:)?Image>\s*(/9j/[A-Za-z0-9+/=\s]*)</")
_PLATE: Final = re.compile(rb"PlateNumber\b[^<>]{0,200}>\s*[^<\s]")


def picture(document: bytes) -> bytes:
    """Return the largest whole one of a document with a plate, which is the vehicle and not the plate's cut-out; empty
    where there is none.
    """
    if _PLATE.search(document) is None:
        return b""
    longest = max((found[1] for found in _IMAGE.finditer(document)), key=len, default=b"")
    try:
        data = binascii.a2b_base64(longest)
    except binascii.Error:
        return b""
    return data if data.endswith(b"\xff\xd9") else b""
