"""Digests against those of the RFCs, and challenges to which a password is not shown."""

import pytest

from config.hidden import Secret
from drivers.api import Misconfigured
from drivers.onvif.metadata.digest import Digest

OF_7616 = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="{}", opaque="{}"'
NONCE, OPAQUE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CLIENT = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithms", "response"),
    [
        (("MD5",), "8ca523f5e9506fed4657c9700eebdbec"),
        (("MD5", "SHA-256"), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_better_of_what_is_offered_is_answered(algorithms: tuple[str, ...], response: str) -> None:
    """RFC 7616, 3.9.1."""
    offered = [OF_7616.format(name, NONCE, OPAQUE) for name in algorithms]
    digest = Digest(["Basic realm=x", *offered], "Mufasa", Secret("Circle of Life"))
    said = digest.answer("GET", "/dir/index.html", CLIENT)
    assert f'response="{response}"' in said
    assert f'opaque="{OPAQUE}"' in said
    assert "nc=00000001" in said
    assert f"algorithm={algorithms[-1]}" in said
    assert "nc=00000002" in digest.answer("GET", "/dir/index.html", CLIENT)
    assert "Circle" not in said + repr(digest)


def test_without_quality_it_is_the_older_one() -> None:
    """RFC 2069 as corrected in its errata."""
    offered = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    said = Digest([offered], "Mufasa", Secret("CircleOfLife")).answer("GET", "/dir/index.html")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in said
    assert "qop" not in said


@pytest.mark.parametrize(
    "offered",
    [
        [],
        ['Basic realm="x"'],
        ["Digest nonsense"],
        ['Digest realm="x"'],
        ['Digest realm="x", nonce="y", algorithm=MD4'],
    ],
)
def test_to_anything_else_no_password_goes(offered: list[str]) -> None:
    with pytest.raises(Misconfigured):
        Digest(offered, "admin", Secret("pretend-1"))


def test_quotes_do_not_end_what_they_are_in() -> None:
    said = Digest(['Digest realm="a \\"b\\"", nonce="n"'], 'o"brien\\', Secret("x")).answer("OPTIONS", "*")
    assert 'username="o\\"brien\\\\"' in said
    assert 'realm="a \\"b\\""' in said
