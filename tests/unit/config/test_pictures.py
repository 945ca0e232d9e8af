"""The section ``pictures``: what it means where little is written, and that it may not contradict itself."""

from pathlib import Path

import pytest

from config.load import load
from config.settings import PicturesSettings

_HEAD = "version: 1\nsite: {code: 330402-nanhu, name: 南湖花园}\n"


def _load(tmp_path: Path, section: str) -> tuple[PicturesSettings | None, list[str]]:
    path = tmp_path / "gateway.yaml"
    path.write_text(_HEAD + section, encoding="utf-8")
    loaded = load(path)
    return loaded.settings.pictures if loaded.settings else None, [one.code for one in loaded.problems]


def test_nothing_written_is_thirty_days_in_two_gigabytes_as_they_are(tmp_path: Path) -> None:
    assert _load(tmp_path, "") == (PicturesSettings(keep_s=30 * 86_400, max_bytes=2 * 10**9, personal="keep"), [])


@pytest.mark.parametrize(
    ("section", "kept"),
    [("{keep: 7d, max_size: 500MB, personal: mask}", True), ("{keep: 0}", False), ("{personal: drop}", False)],
)
def test_whether_there_are_pictures(tmp_path: Path, section: str, kept: bool) -> None:
    settings, problems = _load(tmp_path, f"pictures: {section}\n")
    assert (settings is not None and settings.kept, problems) == (kept, [])


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("{personal: drop, keep: 7d, max_size: 1GB}", ["E230", "E230"]),
        ("{keep: 0, personal: mask}", ["E230"]),
        ("{personal: drop, keep: 0}", []),
        ("{max_size: 1MB}", ["E108"]),
        ("{keep: 400d}", ["E108"]),
    ],
)
def test_what_contradicts_itself_or_cannot_be_is_said(tmp_path: Path, section: str, codes: list[str]) -> None:
    assert _load(tmp_path, f"pictures: {section}\n")[1] == codes
