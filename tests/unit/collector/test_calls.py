"""One call for help that several gateways hear is one alarm, whatever came first, late, or not at all."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from collector.alarms.calls import APART_US, REPEATED_US, Ear, are_one, around, fold, name_of
from collector.store import alerts, calls, fleet
from collector.store.records import GatewayRow
from collector.store.scope import Scope
from collector.store.sql import SqlStore
from collector.store.sqlite import SqliteDialect
from tests.unit.collector.calling import band, call
from wire.alert import AlertChange, AlertState
from wire.inventory import Inventory

SECOND = 1_000_000


def ear(number: str, gateway: str, at: float, seq: str = "", whose: str = "person/P-007", *, dated: bool = True) -> Ear:
    about = (number, gateway, number, "band-1", "sos", whose, "sos_pressed", seq)
    return Ear(*about, round(at * SECOND), dated, 0)


EARS = st.lists(
    st.builds(
        lambda gateway, at, seq, whose: ("", gateway, at, seq, whose),
        st.sampled_from(("g-1", "g-2", "g-3")),
        st.integers(0, 300),
        st.sampled_from(("", "1", "2")),
        st.sampled_from(("person/P-007", "person/P-008")),
    ),
    max_size=12,
)


@given(EARS, st.randoms(use_true_random=False))
def test_what_is_one_call_does_not_depend_on_the_order(found: list[tuple[str, ...]], chance: random.Random) -> None:
    ears = [ear(str(index), *rest) for index, (_, *rest) in enumerate(found)]  # type: ignore[arg-type]
    mixed = chance.sample(ears, len(ears))
    assert [[one.number for one in each] for each in fold(ears)] == [
        [one.number for one in each] for each in fold(mixed)
    ]
    for each in fold(ears):
        assert all(are_one(one, other) for one in each for other in each)
        assert len({one.whose for one in each}) == 1
    for one in ears:
        alike = [other for other in ears if other.whose == one.whose]
        run = around(alike, one.number)
        whole = [each for each in fold(alike) if one in each]
        assert [each for each in fold(run) if one in each] == whole


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ear("a", "g-1", 0, "5"), ear("b", "g-2", 90, "5"), True),
        (ear("a", "g-1", 0, "5"), ear("b", "g-2", REPEATED_US / SECOND + 1, "5"), False),
        (ear("a", "g-1", 0, "5"), ear("b", "g-2", 1, "6"), False),
        (ear("a", "g-1", 0), ear("b", "g-2", APART_US / SECOND), True),
        (ear("a", "g-1", 0), ear("b", "g-2", APART_US / SECOND + 1), False),
        (ear("a", "g-1", 0, "5"), ear("b", "g-2", 20), True),
        (ear("a", "g-1", 0), ear("b", "g-2", 1, whose="person/P-008"), False),
        (ear("a", "g-1", 0, whose=""), ear("b", "g-2", 0, whose=""), False),
        (ear("a", "g-1", 0), ear("b", "g-2", 1, dated=False), False),
        (ear("a", "g-1", 0, "5"), ear("b", "g-2", 1, "5", dated=False), True),
    ],
)
def test_which_two_are_one(one: Ear, other: Ear, same: bool) -> None:
    assert are_one(one, other) is are_one(other, one) is same


def test_another_number_is_another_call_although_one_without_a_number_lies_between() -> None:
    found = fold([ear("a", "g-1", 0, "5"), ear("b", "g-2", 10), ear("c", "g-1", 20, "6")])
    assert [[one.number for one in each] for each in found] == [["a", "b"], ["c"]]
    assert name_of(found[0]) == "a"


def deliveries(chance: random.Random) -> list[tuple[str, AlertChange]]:
    """Return what two gateways tell of some presses, a few of them heard by one alone, some taken note of on site."""
    told: list[tuple[str, AlertChange]] = []
    at = 1_800_000_000 * SECOND
    for press in range(chance.randint(1, 4)):
        at += chance.choice((5, 20, 40, 200)) * SECOND
        seq = press if chance.random() < 0.5 else None
        device = chance.choice(("band-1", "band-2"))
        for box in chance.choice((("g-1", "g-2"), ("g-2",), ("g-1", "g-2"))):
            heard = at + chance.randint(0, 3_000_000)
            told.append((box, call(box, heard, seq, device=device)))
            if chance.random() < 0.3:
                noted = heard + 4 * SECOND
                told.append(
                    (box, call(box, noted, state=AlertState.ACKNOWLEDGED, device=device, of=heard, who=f"门卫{box}"))
                )
            cleared = AlertState.CLEARED
            told.append((box, call(box, heard + 30 * SECOND, seq, state=cleared, device=device, of=heard)))
    return told


async def community(path: Path) -> SqlStore:
    opened = SqlStore(SqliteDialect(path))
    await opened.open()
    for box in ("g-1", "g-2"):
        await opened.write(fleet.enrol, GatewayRow(box, "示例社区", "", box, 1))
        devices = (band(), band("band-2", "P-008"))
        inventory = Inventory(1, box, "示例社区", "c", devices)
        await opened.write(fleet.apply_inventory, box, inventory, fleet.Told(box, 1, 1))
    return opened


def everything(scope: Scope) -> list[tuple[dict[str, object], list[str]]]:
    rows = alerts.chosen(scope, [])
    return [(asdict(row) | {"id": ""}, [one.number for one in calls.ears(scope, row.id)]) for row in rows]


@pytest.mark.parametrize("seed", range(12))
async def test_any_interleaving_of_two_gateways_gives_the_same_alarms(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    told = deliveries(chance)
    ends = []
    for turn in range(4):
        store = await community(tmp_path / f"{turn}.db")
        for box, change in chance.sample(told, len(told)):
            await store.write(alerts.apply_change, box, change, 2_000_000_000 * SECOND)
        ends.append(await store.read(everything))
        await store.close()
    assert all(end == ends[0] for end in ends)
    folded = [number for _, ears in ends[0] for number in ears]
    assert len(folded) == len(set(folded)) == sum(change.state is AlertState.RAISED for _, change in told)
