"""XML from strangers: bombs, depth, size and half documents are refused; prefixes and Chinese encodings are not."""

import pytest

from drivers.api import CorruptAnswer
from drivers.onvif.events.tree import DEEPEST, LARGEST, LONGEST, MOST, tree

BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><b>&d;</b>'
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://169.254.169.254/">]><a>&x;</a>',
        b"<a>&nobody;</a>",
        b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1),
        b"<a>" + b"<b/>" * MOST + b"</a>",
        b"<a>" + b" " * LARGEST + b"</a>",
        b"<a><b></a></b>",
        b"<a><b>",
        b"<a/><b/>",
        b"",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<?xml version="1.0" encoding="big5"?><a/>',
        b"<a>\xff\xfe</a>",
    ],
)
def test_refused(body: bytes) -> None:
    with pytest.raises(CorruptAnswer):
        tree(body)


def test_as_deep_and_as_many_as_allowed() -> None:
    assert tree(b"<a>" * DEEPEST + b"</a>" * DEEPEST).tag == "a"
    assert len(tree(b"<a>" + b"<b/>" * (MOST - 1) + b"</a>").children) == MOST - 1


def test_prefixes_need_no_namespace() -> None:
    root = tree(b'<s:A t:N="1" xmlns:t="x"><u:B>text</u:B></s:A>')
    assert (root.tag, root.attributes) == ("A", {"N": "1"})
    found = root.child("B")
    assert found is not None
    assert found.text == "text"
    assert root.child("B", "C") is None


@pytest.mark.parametrize("encoding", ["GB2312", "gbk", "GB18030", "UTF-8"])
def test_chinese_cameras_write_chinese(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><a>浙F12345</a>'.encode(encoding)
    assert tree(body).text == "浙F12345"


def test_a_long_text_is_kept_in_part() -> None:
    assert tree(b"<a>" + b"x" * 100_000 + b"<b/>" + b"y" * 100 + b"</a>").text == "x" * LONGEST


def test_all_finds_in_order_and_not_within_what_it_found() -> None:
    root = tree(b'<r><m n="1"><m n="2"/></m><x><m n="3"/></x><m n="4"/></r>')
    assert [one.attributes["n"] for one in root.all("m")] == ["1", "3", "4"]
