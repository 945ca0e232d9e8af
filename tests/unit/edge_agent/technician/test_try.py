"""`edge-agent try` on pretend devices: bytes, arithmetic, byte orders, times, and what is said when nothing comes."""

import json

import pytest

from drivers.api import Decoding, Explained
from edge_agent.technician.trial import better_order
from tests.unit.edge_agent.technician.bench import Bench
from tests.unit.edge_agent.technician.golden import check_golden


def _change(bench: Bench, old: str, new: str) -> None:
    text = bench.config.read_text("utf-8")
    assert old in text
    bench.config.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page(bench: Bench, lang: str) -> None:
    pages = []
    for device in ("door-1", "meter-2"):
        result = bench.run("try", device, "--config", str(bench.config), lang=lang)
        assert result.exit_code == 0, result.output
        pages.append(bench.steady(result.output))
    check_golden(f"try.{lang}.txt", "\n".join(pages))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_device_with_the_wrong_byte_order_is_told_the_right_one(bench: Bench, lang: str) -> None:
    _change(bench, "every: 1s}", "every: 1s, transport: {word_order: little}}")
    result = bench.run("try", "meter-2", "--config", str(bench.config), "--times", "2", lang=lang)
    check_golden(f"try-order.{lang}.txt", bench.steady(result.output))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_device_that_does_not_answer(bench: Bench, lang: str) -> None:
    _change(bench, "unit: 1, relay: 1", "unit: 9, relay: 1")
    result = bench.run("try", "door-1", "--config", str(bench.config), lang=lang)
    check_golden(f"try-dead.{lang}.txt", bench.steady(result.output))
    assert result.exit_code == 1


def test_answers_that_fail_now_and_then_are_counted(bench: Bench) -> None:
    faults = bench.community.faults("meter-2")
    faults.wrong, faults.share = "exception", 0.5
    data = json.loads(bench.run("try", "meter-2", "--config", str(bench.config), "--json").output)
    while data["error"]:  # the first reading, of which everything is shown, may be one of those
        data = json.loads(bench.run("try", "meter-2", "--config", str(bench.config), "--json").output)
    timing = data["timing"]
    assert timing["asked"] == 30
    assert timing["good"] + timing["failed"]["device_refused"] == 30
    assert 0 < timing["min_s"] <= timing["median_s"] <= timing["max_s"]


def test_programs_get_bytes_and_values(bench: Bench) -> None:
    data = json.loads(bench.run("try", "door-1", "--config", str(bench.config), "--times", "0", "--json").output)
    assert [frame["sent"] for frame in data["frames"]] == [True, False, True, False]
    assert data["frames"][0]["data"] == "010100000001fdca"
    assert {point["key"]: point["value"] for point in data["points"]} == {
        "door_state": "closed",
        "lock_state": "locked",
    }
    assert data["timing"] == {
        "asked": 0, "good": 0, "failed": {}, "min_s": None, "median_s": None, "max_s": None,
    }  # fmt: skip


def test_nothing_is_written(bench: Bench) -> None:
    bench.run("try", "door-1", "--config", str(bench.config))
    assert bench.community.truth()["devices"]["door-1"]["commands"] == []


@pytest.mark.parametrize(
    ("device", "said"),
    [("door-2", "是不是 “door-1”"), ("nobody", "现有: door-1, meter-2"), ("bin-1", "没有设备 bin-1")],
)
def test_a_device_that_is_not_in_the_file(bench: Bench, device: str, said: str) -> None:
    result = bench.run("try", device, "--config", str(bench.config))
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_a_missing_file_and_a_missing_port_are_sentences(bench: Bench) -> None:
    result = bench.run("try", "door-1", "--config", "/nowhere/agent.yaml")
    assert (result.exit_code, "没有 /nowhere/agent.yaml" in result.output) == (2, True)
    _change(bench, bench.community.links["rs485-1"], "/dev/no-such-port")
    result = bench.run("try", "door-1", "--config", str(bench.config))
    assert (result.exit_code, "没有串口 /dev/no-such-port" in result.output) == (2, True)


def _point(*plausible: bool) -> Explained:
    names = ("ABCD", "CDAB", "BADC", "DCBA")
    orders = tuple(Decoding(name, 1.0, plausible=good) for name, good in zip(names, plausible, strict=True))
    return Explained("p", "0x00000000", "", 1.0, 0, orders=orders)


def test_another_order_is_only_advised_where_it_is_the_only_one() -> None:
    assert better_order([_point(False, True, False, False), _point(False, True, False, True)]) == "CDAB"
    assert better_order([_point(True, True, False, False)]) == ""
    assert better_order([_point(False, True, False, True)]) == ""
    assert better_order([_point(False, True, False, False), _point(True, False, False, False)]) == ""
    assert better_order([]) == ""
