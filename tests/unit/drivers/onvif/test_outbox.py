"""What waits between cameras and the agent: bounded for each, in order, and fair."""

import asyncio

from drivers.api import Overrun, Picture, Presence
from drivers.onvif.outbox import AT_ONCE, PICTURES, ROOM, Outbox


def seen(device: str, number: int = 0) -> Presence:
    return Presence(device, there=True, why=str(number))


async def test_one_cameras_order_is_kept_and_nobody_waits_for_another() -> None:
    outbox = Outbox()
    for number in range(AT_ONCE * 2):
        await outbox.put("loud", [seen("loud", number)])
    await outbox.put("quiet", [seen("quiet")])
    first, second = await outbox.take(), await outbox.take()
    assert [one.why for one in first if isinstance(one, Presence)] == [str(number) for number in range(AT_ONCE)]
    assert second[0] == seen("quiet")
    assert second[1] == seen("loud", AT_ONCE)


async def test_who_brings_more_than_there_is_room_for_waits() -> None:
    outbox = Outbox()
    await outbox.put("a", [seen("a")] * ROOM)
    late = asyncio.create_task(outbox.put("a", [seen("a", 1)]))
    await outbox.put("b", [seen("b")])
    assert not late.done()
    await outbox.take()
    await late


async def test_of_pictures_the_oldest_goes() -> None:
    outbox = Outbox()
    for number in range(PICTURES + 1):
        outbox.put_now("a", Picture("a", f"a-{number}", 0, b""))
    taken = await outbox.take()
    assert [one.reference for one in taken if isinstance(one, Picture)] == [f"a-{n}" for n in range(1, PICTURES + 1)]


async def test_what_was_lost_is_told_once_and_since_when() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    outbox.lost("a", 2, 10)
    outbox.lost("a", 3, 20)
    assert await waiting == [Overrun("a", 5, 10)]
