"""What every store must do with calls for help that several gateways hear; a subclass gives the fixture ``store``."""

from collections.abc import Sequence
from itertools import permutations

from collector.store import alerts, calls, fleet, floods
from collector.store.alarm_records import AlertRow, ChangeRow
from collector.store.api import Store
from collector.store.records import GatewayRow
from collector.store.scope import Scope
from wire.alert import AlertChange, AlertState, Level
from wire.inventory import DeviceInfo, Inventory
from wire.reading import Value

SECOND = 1_000_000
AT = 1_800_000_000 * SECOND


def heard(box: str, at: int, seq: int | None = None, state: AlertState = AlertState.RAISED) -> AlertChange:
    """Return what a gateway tells of a call at ``at``."""
    values: dict[str, Value] = {} if seq is None else {"seq": seq}
    told = (f"{box}:{at}", "sos", "band-1", state, Level.RED, at, at)
    return AlertChange(*told, latched=True, values=values, event="sos_pressed")


async def boxes(store: Store, *names: str) -> None:
    """Let gateways tell that each has a band of the same person."""
    for name in names:
        band = DeviceInfo("band-1", "手环", "wearable_band", "p", "3栋", person="P-007")
        await store.write(fleet.enrol, GatewayRow(name, name, "", name, 1))
        inventory = Inventory(1, name, "示例社区", "c", (band,))
        await store.write(fleet.apply_inventory, name, inventory, fleet.Told(name, 1, 1))


def standing(scope: Scope) -> list[tuple[AlertRow, list[str]]]:
    """Return every alert, and who heard it."""
    return [(row, [ear.gateway for ear in calls.ears(scope, row.id)]) for row in alerts.chosen(scope, [])]


class CallsSuite:
    """Calls are folded, whatever came first, and what is done to one is done to all of it."""

    async def test_three_gateways_hear_one_call_in_any_order(self, store: Store) -> None:
        found = []
        for number, order in enumerate(permutations((0, 1, 2))):
            names = [f"g-{number}-{box}" for box in range(3)]
            await boxes(store, *names)
            for box in order:
                at = AT + number * 600 * SECOND + box
                changed = await store.write(alerts.apply_change, names[box], heard(names[box], at, 7), AT + number)
            assert len(changed) == 1
            [row] = [one for one, _ in await store.read(standing) if one.id == changed[0].id]
            found.append((row, (await store.read(calls.ears_of, [row.id]))[row.id]))
        assert len(await store.read(standing)) == len(found) == 6
        for number, (row, ears) in enumerate(found):
            assert [ear.gateway for ear in ears] == [f"g-{number}-{box}" for box in range(3)]
            assert (row.gateway, row.raised_at) == (f"g-{number}-0", AT + number * 600 * SECOND)

    async def test_one_between_two_that_were_apart_joins_the_first(self, store: Store) -> None:
        await boxes(store, "g-1", "g-2")
        for at in (20, 45):
            await store.write(alerts.apply_change, "g-1", heard("g-1", AT + at * SECOND), AT)
        assert [ears for _, ears in await store.read(standing)] == [["g-1", "g-1"]]
        changed = await store.write(alerts.apply_change, "g-2", heard("g-2", AT), AT + 1)
        assert len(changed) == 2
        assert [(row.raised_at, ears) for row, ears in await store.read(standing)] == [
            (AT, ["g-2", "g-1"]),
            (AT + 45 * SECOND, ["g-1"]),
        ]

    async def test_what_people_do_is_kept_with_all_who_heard_it(self, store: Store) -> None:
        await boxes(store, "g-1", "g-2")
        for box in ("g-1", "g-2"):
            [row] = await store.write(alerts.apply_change, box, heard(box, AT, 7), AT)
        ack = ChangeRow(AT + 5, "acknowledged", "red", "wang", "已上门", "console", received_at=AT + 5)
        assert await store.write(alerts.add_changes, row.id, [ack]) == 2
        assert await store.write(alerts.add_changes, row.id, [ack]) == 0
        settled = await store.write(alerts.settled, row, AT + 6)
        assert (settled.state, settled.acknowledged_by) == ("acknowledged", "wang")
        assert await store.read(calls.owed, AT + 6) == []
        numbers: Sequence[str] = await store.read(calls.numbers, row.id)
        assert [(await store.read(alerts.one, number)) for number in numbers] == [settled, settled]

    async def test_a_late_one_is_owed_what_was_done(self, store: Store) -> None:
        await boxes(store, "g-1", "g-2")
        [row] = await store.write(alerts.apply_change, "g-1", heard("g-1", AT, 7), AT)
        ack = ChangeRow(AT + 5, "acknowledged", "red", "wang", "", "console", received_at=AT + 5)
        await store.write(alerts.add_changes, row.id, [ack])
        await store.write(alerts.settled, row, AT + 6)
        [late] = await store.write(alerts.apply_change, "g-2", heard("g-2", AT + 1, 7), AT + 3600 * SECOND)
        assert (late.id, late.state, late.received_at) == (row.id, "acknowledged", AT)
        assert [ear.gateway for ear in await store.read(calls.owed, AT + 3600 * SECOND)] == ["g-2"]
        assert await store.write(floods.refold, AT, AT) == []
