"""Where the networks come from: a wrong or missing one is told in words that say what to install."""

from pathlib import Path

import pytest

from drivers.api import ModelsMissing, plate_reader
from drivers.plates.models import Model, located, metadata


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModelsMissing, match="no_such_package"):
        located(Model("no_such_package", "x.onnx", ""))


def test_a_file_that_is_another_than_was_measured_is_refused() -> None:
    with pytest.raises(ModelsMissing, match="is not the one that was measured"):
        located(Model("drivers", "plates/models.py", "0" * 64))


def test_an_engine_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelsMissing, match="crystal-ball"):
        plate_reader("crystal-ball")


def test_metadata_of_a_model_is_read_past_all_that_is_no_metadata(tmp_path: Path) -> None:
    file = tmp_path / "small.onnx"
    version, graph = b"\x08\x07", b"\x3a\x03abc"
    sixteen = b"\x49" + bytes(8) + b"\x4d" + bytes(4)
    pair = b"\x0a\x09character\x12\x05" + "浙\nF".encode()
    file.write_bytes(version + graph + sixteen + b"\x72" + bytes([len(pair)]) + pair)
    assert metadata(file) == {"character": "浙\nF"}
