"""An adapter whose connections another program has in part: it is believed, and nobody waits for what is not there."""

from drivers.ble.visits import BELIEVED_S
from tests.unit.drivers.ble.visited import BATTERY, PULSE, House, every, running, stream


async def test_a_slot_that_another_program_has_is_not_asked_for_all_the_time_and_costs_nobody_a_visit() -> None:
    streams = [stream(f"stream-{n}") for n in range(2)]
    house = House(*streams, *(every(f"band-{n}", 300, 20, BATTERY, PULSE) for n in range(6)), slots=7)
    house.radio.slots, house.quiet = 3, {"stream-1"}
    async with running(house):
        await house.live(200)
        assert {who for _, who, _ in house.told} == {f"band-{n}" for n in range(6)}
        assert len(house.radio.tried) - len(house.told) <= 4
        assert not house.gone
        house.quiet.clear()
        await house.live(60)
        assert not house.tried("stream-1")
        house.radio.slots = 7
        await house.live(BELIEVED_S)
        assert "stream-1" in house.radio.open
