"""What middleboxes, captive portals and sick servers say in a server's place, byte for byte."""

from wire.codec import MEDIA_TYPE


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole HTTP answer that ends its connection."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


_PORTAL = b"<html><title>Wi-Fi</title>Please log in</html>"

ANSWERS = {
    "400": answer("400 Bad Request", b"<html>bad request</html>"),
    "401": answer("401 Unauthorized", b"", 'WWW-Authenticate: Basic realm="proxy"'),
    "413": answer("413 Payload Too Large"),
    "429": answer("429 Too Many Requests", b"", "Retry-After: 1"),
    "500": answer("500 Internal Server Error", b"\x00\xff\xc1"),
    "garbage": b"\x16\x03\x01\x00\xa5 this is not HTTP\r\n\r\n",
    "garbage_receipts": answer("200 OK", b"\x93\xff\x00\xc1", f"Content-Type: {MEDIA_TYPE}"),
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nContent-Type: " + MEDIA_TYPE.encode() + b"\r\n\r\n\x93",
    "nothing": b"",
    "portal": answer("200 OK", _PORTAL, "Content-Type: text/html"),
    "redirect": answer("302 Found", _PORTAL, "Location: http://portal.invalid/"),
}
"""What may be answered instead of the collector, by name; the request then never arrives."""
