"""The identity file: whole or absent, its owner's alone, and never quoted when it is wrong."""

import json
from pathlib import Path

import pytest

from edge_agent.identity_file import IdentityFileError, load_identity, save_identity
from runtime.testing import FakeClock
from tests.fakes.collector import FakeCollector


def test_no_file_is_nobody(tmp_path: Path) -> None:
    assert load_identity(tmp_path / "identity.json") is None


def test_a_second_save_replaces_the_first_and_leaves_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    for _ in range(2):
        identity = FakeCollector(FakeClock()).identity()
        save_identity(path, identity)
    loaded = load_identity(path)
    assert loaded is not None
    assert loaded.fingerprint == identity.fingerprint
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["gateway", "private_key", "url", "collector", "command_key"])
@pytest.mark.parametrize("value", [None, -7_000_001, "", "secret-looking nonsense"])
def test_a_wrong_field_is_an_error_that_quotes_nothing(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "identity.json"
    save_identity(path, FakeCollector(FakeClock()).identity())
    document = json.loads(path.read_text())
    document[name] = value
    path.write_text(json.dumps(document))
    if name in ("url", "collector") and value == "secret-looking nonsense":
        assert load_identity(path) is not None
        return
    with pytest.raises(IdentityFileError) as caught:
        load_identity(path)
    assert "nonsense" not in str(caught.value)
    assert document["private_key"] is None or str(document["private_key"]) not in str(caught.value) or value == ""


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"gateway": "gw-1"}', "\udcff"])
def test_anything_else_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "identity.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(IdentityFileError):
        load_identity(path)
