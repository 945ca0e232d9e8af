"""One at a time on a line; commands first; a cancelled waiter takes nobody's turn with it."""

import asyncio

import pytest

from drivers.modbus.turn import Turn


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_commands_overtake_polls() -> None:
    turn, order = Turn(), []

    async def use(name: str, *, urgent: bool) -> None:
        await turn.take(urgent=urgent)
        order.append(name)
        await asyncio.sleep(0)
        turn.give()

    await turn.take()
    tasks = [asyncio.create_task(use(name, urgent=name.startswith("c"))) for name in ("p1", "p2", "c1", "p3", "c2")]
    await settle()
    turn.give()
    await asyncio.gather(*tasks)
    assert order == ["c1", "c2", "p1", "p2", "p3"]


@pytest.mark.parametrize("after_handover", [False, True])
async def test_a_cancelled_waiter_loses_nothing_for_others(after_handover: bool) -> None:
    turn = Turn()
    await turn.take()
    leaving, staying = asyncio.create_task(turn.take(urgent=True)), asyncio.create_task(turn.take())
    await settle()
    if after_handover:
        turn.give()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert leaving.cancelled()
    if not after_handover:
        turn.give()
    await staying
    turn.give()
    await turn.take()
