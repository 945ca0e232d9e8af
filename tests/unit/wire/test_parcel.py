"""A parcel comes back as it was packed; cut, changed, extended or signed by another it is not believed."""

from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import CodecError, IdentityError
from wire.parcel import PIECE_LIMIT, Form, Head, check_parcel, read_head, read_pieces, write_parcel

KEY = Ed25519PrivateKey.generate()
HEAD = Head("330402-demo-a", "collector-demo", 1_780_000_000_000_000)


def _packed(pieces: list[bytes], form: Form = Form.CHUNKS) -> bytes:
    out = BytesIO()
    assert write_parcel(out, form, HEAD, pieces, KEY) == len(out.getvalue())
    return out.getvalue()


@given(pieces=st.lists(st.binary(min_size=1, max_size=60), max_size=5), form=st.sampled_from(Form))
def test_what_was_packed_is_unpacked(pieces: list[bytes], form: Form) -> None:
    parcel = BytesIO(_packed(pieces, form))
    assert check_parcel(parcel, form, KEY.public_key()) == HEAD
    assert read_head(parcel, form) == HEAD
    assert list(read_pieces(parcel, form)) == pieces


@given(data=st.data(), pieces=st.lists(st.binary(min_size=1, max_size=60), max_size=3))
def test_a_cut_parcel_is_not_believed(data: st.DataObject, pieces: list[bytes]) -> None:
    whole = _packed(pieces)
    cut = BytesIO(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(CodecError):
        check_parcel(cut, Form.CHUNKS, KEY.public_key())


@given(data=st.data(), pieces=st.lists(st.binary(min_size=1, max_size=60), max_size=3))
def test_a_changed_parcel_is_not_believed(data: st.DataObject, pieces: list[bytes]) -> None:
    changed = bytearray(_packed(pieces))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((CodecError, IdentityError)):
        check_parcel(BytesIO(changed), Form.CHUNKS, KEY.public_key())


def test_another_s_signature_is_not_believed() -> None:
    with pytest.raises(IdentityError, match="bad_signature"):
        check_parcel(BytesIO(_packed([b"x"])), Form.CHUNKS, Ed25519PrivateKey.generate().public_key())


def test_a_parcel_of_the_other_form_is_not_one() -> None:
    with pytest.raises(CodecError, match="not a parcel of receipts"):
        check_parcel(BytesIO(_packed([b"x"])), Form.RECEIPTS, KEY.public_key())


def test_something_behind_the_end_is_noticed() -> None:
    with pytest.raises(CodecError, match="behind"):
        check_parcel(BytesIO(_packed([b"x"]) + b"y"), Form.CHUNKS, KEY.public_key())


@pytest.mark.parametrize("piece", [b"", bytes(PIECE_LIMIT + 1)])
def test_a_piece_has_a_size(piece: bytes) -> None:
    with pytest.raises(ValueError, match="a piece of"):
        write_parcel(BytesIO(), Form.CHUNKS, HEAD, [piece], KEY)
