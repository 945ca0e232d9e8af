"""Power cuts at any moment: what the buffer called durable is there afterwards, once, under its own number."""

import random
from pathlib import Path

from tests.faults import power_cuts
from tests.faults.disk.power import Platter, Record

SEEDS = 200


def test_nothing_that_was_called_durable_is_lost_in_fifty_power_cuts(tmp_path: Path) -> None:
    found = power_cuts.run(tmp_path, 50, random.SystemRandom().randrange(10**6), lives=2)
    print(found.sentence())
    assert found.faults == []
    assert found.promised > 1000


def _after(*records: Record) -> list[dict[str, bytes]]:
    """Return what is there after a cut, by many dice."""
    platter = Platter({"old": b"before"})
    for record in records:
        platter.take(record)
    return [platter.cut(random.Random(seed)) for seed in range(SEEDS)]


MADE = Record("O", 1, 1, 3, b"new")
WRITTEN = Record("W", 1, 0, 1024, bytes([7]) * 1024)


def test_what_was_synced_is_there_and_what_was_not_may_be_missing_or_torn() -> None:
    assert {cut["new"] for cut in _after(MADE, WRITTEN, Record("S", 1, 0, 0))} == {WRITTEN.data}
    unsure = {cut.get("new") for cut in _after(MADE, WRITTEN)}
    assert {None, b"", WRITTEN.data} < unsure
    assert bytes(512) + bytes([7]) * 512 in unsure


def test_a_name_is_certain_once_its_folder_or_a_later_file_is_synced() -> None:
    renamed = Record("R", 0, 0, 9, b"old\0other")
    assert {tuple(cut) for cut in _after(renamed)} == {("old",), ("other",)}
    assert {tuple(cut) for cut in _after(renamed, Record("D", 0, 0, 0))} == {("other",)}
    assert {tuple(sorted(cut)) for cut in _after(renamed, MADE, Record("S", 1, 0, 0))} == {("new", "other")}


def test_a_file_without_a_name_leaves_with_it() -> None:
    gone = Record("U", 0, 0, 3, b"old")
    assert {tuple(cut) for cut in _after(gone)} == {(), ("old",)}
    assert _after(gone, Record("D", 0, 0, 0)) == [{}] * SEEDS
