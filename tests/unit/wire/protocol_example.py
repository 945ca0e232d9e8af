"""What the worked examples of docs/protocol.md hold; ``python -m tests.unit.wire.protocol_example`` writes them."""

import re
from pathlib import Path
from textwrap import wrap
from zlib import crc32

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wire.chunk import Chunk, ClockMark, ClockState, Codec, Content, Lane
from wire.codec import encode, encode_chunks
from wire.command import Command
from wire.exchange import Downlink, EnrolmentRequest, Hello, Refusal
from wire.identity import Claims, body_digest, fingerprint, public_text, sign_command, sign_token
from wire.reading import Batch, Quality
from wire.receipt import Fate, Receipt, Receipts

PAGE = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"

T = 1_780_000_000_000_000
GATEWAY, COLLECTOR = "330402-demo-a", "collector-demo"

# the private keys of tests 1 and 2 of RFC 8032, 7.1: known to everybody, good for nothing else
GATEWAY_KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
COMMAND_KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
)

CONTENT = Content(
    clock=ClockMark("5f0c6a52-boot", ClockState.SYNCED, T, 86_400_000_000),
    batches=(
        Batch("bin-1", T, ("fill_pct", "distance_mm"), (62.5, 571)),
        Batch("meter-1", T + 250_000, ("voltage_v",), (None,), (Quality.TIMEOUT,)),
    ),
)
COMMAND = Command(
    id="c0ffee00c0ffee00c0ffee00c0ffee00",
    gateway=GATEWAY,
    device="door-1",
    name="pulse_unlock",
    issued_at=T,
    expires_at=T + 30_000_000,
    args={"seconds": 5},
    by="zhang",
    reason="快递",
)


def stored_frame(data: bytes) -> bytes:
    """Return a zstd frame (RFC 8878) that holds up to 255 bytes uncompressed: any version of any library reads it."""
    single_segment, last_raw_block = b"\x20" + bytes([len(data)]), (len(data) << 3 | 1).to_bytes(3, "little")
    return bytes.fromhex("28b52ffd") + single_segment + last_raw_block + data


BODY = stored_frame(encode(CONTENT))
CHUNK = Chunk(
    "00112233445566778899aabbccddeeff", Lane.HISTORY, 1, 3, T, T + 250_000, Codec.MSGPACK_ZSTD, crc32(BODY), BODY
)
UPLOAD = encode_chunks([CHUNK])
TOKEN = sign_token(
    Claims(
        GATEWAY, COLLECTOR, T, "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "POST", "/gateway/v1/chunks", body_digest(UPLOAD)
    ),
    GATEWAY_KEY,
)
SIGNED = sign_command(COMMAND, COMMAND_KEY)


def _frame(downlink: Downlink) -> bytes:
    body = encode(downlink)
    return len(body).to_bytes(4, "big") + body


def texts() -> dict[str, str]:
    """Return what each block of the example has to hold, by its label, unwrapped."""
    accepted = Receipt(CHUNK.journal, CHUNK.lane, CHUNK.seq, Fate.ACCEPTED)
    request = EnrolmentRequest("7K3QM-9XW2A", GATEWAY, public_text(GATEWAY_KEY.public_key()), "0.1.0")
    raw = {
        "hello": encode(Hello(COLLECTOR, (1,), T)),
        "enrolment-request": encode(request),
        "content": encode(CONTENT),
        "body": BODY,
        "upload": UPLOAD,
        "receipts": encode(Receipts((accepted,), T + 300_000)),
        "refusal": encode(Refusal("replayed", "the request is not believed", T + 300_000)),
        "command-payload": SIGNED.payload,
        "command-signature": SIGNED.signature,
        "command-frame": _frame(Downlink(T + 100_000, SIGNED)),
        "sign-of-life": _frame(Downlink(T + 5_000_000)),
    }
    return {
        "gateway-public-key": public_text(GATEWAY_KEY.public_key()),
        "gateway-fingerprint": fingerprint(GATEWAY_KEY.public_key()),
        "command-public-key": public_text(COMMAND_KEY.public_key()),
        "body-crc": str(CHUNK.crc),
        "upload-sha256": body_digest(UPLOAD),
        "token-signed-part": TOKEN.rpartition(".")[0],
        "token": TOKEN,
        **{label: data.hex() for label, data in raw.items()},
    }


_BLOCK = re.compile(r"(<!-- example: ([a-z0-9-]+) -->\n```text\n)(.*?)(```\n)", re.DOTALL)


def blocks(page: str) -> dict[str, str]:
    """Return the page's blocks by label, their lines joined."""
    return {match[2]: match[3].replace("\n", "") for match in _BLOCK.finditer(page)}


def with_blocks(page: str, said: dict[str, str]) -> str:
    """Return the page with ``said`` in its blocks, wrapped; a label that is not in ``said`` is a ``KeyError``."""
    return _BLOCK.sub(lambda match: f"{match[1]}{_wrapped(said[match[2]])}\n{match[4]}", page)


def _wrapped(text: str) -> str:
    return text if " " in text else "\n".join(wrap(text, 96, break_on_hyphens=False))


def main() -> None:
    """Write the blocks anew."""
    PAGE.write_text(with_blocks(PAGE.read_text("utf-8"), texts()), "utf-8")


if __name__ == "__main__":
    main()
