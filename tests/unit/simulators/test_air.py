"""The air: every ear hears as well as it stands, and who leaves is missed by all of them."""

from dataclasses import replace

from simulators.ble.air import Air, Broadcast, GattService, Link, Reach

BAND = Broadcast("D4:CA:6E:00:00:01", rssi=-70, name="Band", companies={1: b"x"}, uuids=("180d",), appearance=3)


class Listener:
    """An ear that keeps what it heard."""

    def __init__(self) -> None:
        self.told: list[Broadcast] = []
        self.missed: list[str] = []

    def heard(self, broadcast: Broadcast) -> None:
        self.told.append(broadcast)

    def vanished(self, address: str) -> None:
        self.missed.append(address)


class Thing:
    """A device that can be connected to and offers nothing."""

    services: tuple[GattService, ...] = ()

    def connected(self, link: Link) -> None: ...

    def disconnected(self) -> None: ...


def test_walls_weaken_and_then_swallow() -> None:
    air, near, behind = Air(), Listener(), Listener()
    reach = Reach(attenuation_db=10, walls_db={BAND.address: 20})
    air.listen(near)
    air.listen(behind, reach)
    air.transmit(BAND)
    assert near.told == [BAND]
    assert behind.told == [replace(BAND, rssi=-100)]
    reach.attenuation_db = 11
    air.transmit(BAND)
    assert len(behind.told) == 1


def test_loss_is_a_share_and_the_same_each_time() -> None:
    def lost(seed: int) -> list[int]:
        air, ear = Air(), Listener()
        air.listen(ear, Reach(loss=0.3, seed=seed))
        for number in range(1_000):
            air.transmit(replace(BAND, companies={1: number.to_bytes(2, "big")}))
        return [int.from_bytes(heard.companies[1], "big") for heard in ear.told]

    assert lost(1) == lost(1)
    assert lost(1) != lost(2)
    assert 650 < len(lost(1)) < 750


def test_who_leaves_is_missed_once_and_who_does_not_listen_hears_nothing() -> None:
    air, ear, gone = Air(), Listener(), Listener()
    air.listen(ear)
    air.listen(gone)
    air.leave(gone)
    thing = Thing()
    air.add(BAND.address, thing)
    assert air.peripheral(BAND.address) is thing
    air.transmit(BAND)
    air.remove(BAND.address)
    air.remove(BAND.address)
    assert air.peripheral(BAND.address) is None
    assert (ear.missed, gone.missed, gone.told) == ([BAND.address], [], [])


def test_the_strength_alone_makes_no_other_advertisement() -> None:
    assert replace(BAND, rssi=-50).content() == BAND.content()
    assert replace(BAND, companies={1: b"y"}).content() != BAND.content()
