"""Who is believed: every word of refusal of a token and of a command, the written form of keys, names."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.making import structs
from wire.codec import encode
from wire.command import Command, SignedCommand
from wire.errors import IdentityError
from wire.identity import (
    CLOCK_LEEWAY_S,
    TOKEN_LIFE_S,
    Claims,
    body_digest,
    claimed_gateway,
    fingerprint,
    is_gateway_name,
    public_key,
    public_text,
    sign_command,
    sign_token,
    verify_command,
    verify_token,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
SECOND = 1_000_000
ISSUED = 1_780_000_000 * SECOND
CLAIMS = Claims("gate-1", "collector-1", ISSUED, "0" * 32, "POST", "/gateway/v1/chunks", body_digest(b"body"))


def _verify(token: str, *, now: int = ISSUED, collector: str = "collector-1") -> Claims:
    return verify_token(token, KEY.public_key(), collector=collector, now=now)


def _token(changes: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    payload = json.loads(_decoded(sign_token(CLAIMS, KEY).split(".")[1])) | changes
    payload = {name: value for name, value in payload.items() if value is not None}
    parts = [json.dumps(header or {"alg": "EdDSA", "typ": "JWT"}), json.dumps(payload)]
    signed = ".".join(_encoded(part.encode()) for part in parts)
    return f"{signed}.{_encoded(KEY.sign(signed.encode()))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_token_says_what_was_signed() -> None:
    token = sign_token(CLAIMS, KEY)
    assert claimed_gateway(token) == "gate-1"
    assert _verify(token) == CLAIMS


def test_a_token_is_the_standard_s() -> None:
    independent = jwt.encode(json.loads(_decoded(sign_token(CLAIMS, KEY).split(".")[1])), KEY, algorithm="EdDSA")
    assert _verify(independent) == CLAIMS


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (-CLOCK_LEEWAY_S - 1, "not_yet"),
        (-CLOCK_LEEWAY_S, ""),
        (TOKEN_LIFE_S + CLOCK_LEEWAY_S, ""),
        (TOKEN_LIFE_S + CLOCK_LEEWAY_S + 1, "expired"),
    ],
)
def test_a_token_is_believed_within_its_life_and_the_leeway(seconds: int, word: str) -> None:
    token, now = sign_token(CLAIMS, KEY), ISSUED + seconds * SECOND
    if word:
        with pytest.raises(IdentityError, match=f"^{word}$"):
            _verify(token, now=now)
    else:
        assert _verify(token, now=now) == CLAIMS


def test_another_s_signature_is_not_believed() -> None:
    with pytest.raises(IdentityError, match=r"^bad_signature$"):
        _verify(sign_token(CLAIMS, OTHER))


def test_a_token_for_another_collector_is_not_believed() -> None:
    with pytest.raises(IdentityError, match=r"^wrong_audience$"):
        _verify(sign_token(CLAIMS, KEY), collector="collector-2")


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("iss", "iat", "exp", "jti", "htm", "htu", "bsh")),
        *({name: 7} for name in ("iss", "jti", "htm", "htu", "bsh")),
        {"iat": True},
        {"iat": 1.5},
        {"iat": "1780000000"},
        {"iat": float("nan")},
        {"jti": ""},
    ],
    ids=str,
)
def test_a_token_without_a_claim_or_with_an_odd_one_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(IdentityError, match=r"^malformed$"):
        _verify(_token(changes))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "ES256"},
        {"alg": 5},
        {"alg": "EdDSA", "crit": ["b64"], "b64": False},
    ],
    ids=str,
)
def test_only_one_algorithm_is_taken(header: dict[str, Any]) -> None:
    with pytest.raises(IdentityError, match=r"^malformed$"):
        _verify(_token({}, header))


@given(st.text(max_size=80))
def test_any_text_is_a_token_or_malformed(text: str) -> None:
    for judge in (claimed_gateway, _verify):
        with pytest.raises(IdentityError, match=r"^malformed$"):
            judge(text)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_signed_bytes_are_a_token_or_refused(header: bytes, payload: bytes) -> None:
    signed = f"{_encoded(header)}.{_encoded(payload)}"
    for judge in (claimed_gateway, _verify):
        with pytest.raises(IdentityError):
            judge(f"{signed}.{_encoded(KEY.sign(signed.encode()))}")


@given(st.data())
def test_a_token_that_was_touched_is_refused(data: st.DataObject) -> None:
    token = sign_token(CLAIMS, KEY)
    where = data.draw(st.integers(0, len(token) - 2))  # the last sign's low bits carry nothing
    sign = data.draw(st.sampled_from("ABCDwxyz0189-_.").filter(lambda one: one != token[where]))
    with pytest.raises(IdentityError):
        _verify(token[:where] + sign + token[where + 1 :])


@pytest.mark.parametrize("name", ["", "A", "-a", "a" * 64, "a/b", "\ud800", "a\0", "gate 1", "闸"], ids=ascii)
def test_a_token_that_names_no_possible_gateway_is_malformed(name: str) -> None:
    with pytest.raises(IdentityError, match=r"^malformed$"):
        claimed_gateway(_token({"iss": name}))


@given(structs(Command))
def test_a_command_says_what_was_signed(command: Command) -> None:
    signed = sign_command(command, KEY)
    assert verify_command(signed, KEY.public_key(), gateway=command.gateway) == command


COMMAND = Command("c-1", "gate-1", "door-1", "pulse_unlock", ISSUED, ISSUED + 30 * SECOND, {"seconds": 5})


@pytest.mark.parametrize("length", [0, 1, 63, 65], ids=str)
def test_a_signature_of_another_length_is_none(length: int) -> None:
    payload = sign_command(COMMAND, KEY).payload
    with pytest.raises(IdentityError, match=r"^bad_signature$"):
        verify_command(SignedCommand(payload, b"\0" * length), KEY.public_key(), gateway="gate-1")


@given(st.data())
def test_a_command_that_was_touched_is_refused(data: st.DataObject) -> None:
    signed = sign_command(COMMAND, KEY)
    payload = bytearray(signed.payload)
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IdentityError, match=r"^bad_signature$"):
        verify_command(SignedCommand(bytes(payload), signed.signature), KEY.public_key(), gateway="gate-1")


def test_a_command_that_another_key_signed_is_refused() -> None:
    with pytest.raises(IdentityError, match=r"^bad_signature$"):
        verify_command(sign_command(COMMAND, OTHER), KEY.public_key(), gateway="gate-1")


def test_a_command_for_another_gateway_is_refused() -> None:
    with pytest.raises(IdentityError, match=r"^wrong_audience$"):
        verify_command(sign_command(COMMAND, KEY), KEY.public_key(), gateway="gate-2")


def test_a_signature_over_the_bare_payload_is_none() -> None:
    payload = encode(COMMAND)
    with pytest.raises(IdentityError, match=r"^bad_signature$"):
        verify_command(SignedCommand(payload, KEY.sign(payload)), KEY.public_key(), gateway="gate-1")


def test_a_signed_thing_that_is_no_command_is_malformed() -> None:
    payload = encode({"id": 7})
    signed = SignedCommand(payload, KEY.sign(b"linli-command-1\0" + payload))
    with pytest.raises(IdentityError, match=r"^malformed$"):
        verify_command(signed, KEY.public_key(), gateway="gate-1")


@given(st.binary(min_size=32, max_size=32))
def test_a_key_comes_back_from_its_written_form(seed: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    text = public_text(key)
    assert len(text) == 43
    assert public_key(text).public_bytes_raw() == key.public_bytes_raw()


@pytest.mark.parametrize("text", ["", "x", "A" * 42, "A" * 44, "钥" * 43, "A" * 42 + "!", "A" * 43 + "\n"], ids=ascii)
def test_what_is_no_key_is_malformed(text: str) -> None:
    with pytest.raises(IdentityError, match=r"^malformed$"):
        public_key(text)


def test_a_fingerprint_is_for_people() -> None:
    assert fingerprint(KEY.public_key()) == "5647 5aa7 5463 474c"


@pytest.mark.parametrize(
    ("name", "good"),
    [("a", True), ("330402-demo-a", True), ("a" * 63, True), ("a" * 64, False), ("", False), ("a-", False)]
    + [(name, False) for name in ("-a", "A", "a_b", "a.b", "a b", "a\n", "小区")],
    ids=ascii,
)
def test_a_gateway_s_name_is_a_label(name: str, good: bool) -> None:
    assert is_gateway_name(name) is good
