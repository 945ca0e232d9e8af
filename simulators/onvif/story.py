"""The stories of cameras and door stations: what each one does to the device, told on a lent clock."""

import itertools
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from runtime.clock import Clock
from simulators.onvif.camera import Camera
from simulators.onvif.plan import CameraScript, Cars, Residents, StationScript
from simulators.onvif.station import DoorStation
from simulators.scripts import play_change, play_moments

Story = tuple[str, Coroutine[Any, Any, None]]


def stories(clock: Clock, camera: Camera, script: CameraScript) -> Iterator[Story]:
    """Yield the name of each story and what plays it."""
    if script.cars is not None:
        yield "cars", play_moments(clock, script.cars, _cars(camera, script.cars))
    if script.moves is not None:
        yield "moves", play_change(clock, script.moves, camera.move, camera.still)
    if script.crosses is not None:
        yield "crosses", play_moments(clock, script.crosses, camera.cross_line)
    if script.covered is not None:
        yield "covered", play_change(clock, script.covered, camera.cover, camera.uncover)
    if script.frozen is not None:
        yield "frozen", play_change(clock, script.frozen, _freezing(camera, True), _freezing(camera, False))
    if script.reboots is not None:
        yield "reboots", play_moments(clock, script.reboots, camera.reboot)
    if isinstance(script, StationScript) and isinstance(camera, DoorStation):
        yield from _station_stories(clock, camera, script)


def _station_stories(clock: Clock, station: DoorStation, script: StationScript) -> Iterator[Story]:
    if script.rings is not None:
        yield "rings", play_change(clock, script.rings, station.ring, station.let_go)
    if script.residents is not None:
        yield "residents", play_moments(clock, script.residents, _residents(station, script.residents))
    if script.strangers is not None:
        yield "strangers", play_moments(clock, script.strangers, lambda: station.show_unknown_card("unknown"))


def _cars(camera: Camera, cars: Cars) -> Callable[[], None]:
    plates = itertools.cycle(cars.plates)

    def pass_car() -> None:
        camera.pass_car(next(plates), cars.likelihood, cars.direction)

    return pass_car


def _residents(station: DoorStation, residents: Residents) -> Callable[[], None]:
    cards = itertools.cycle(residents.cards.items())

    def come_home() -> None:
        if station.show_card(*next(cards)):
            station.timers.after(residents.within, station.close_door)

    return come_home


def _freezing(camera: Camera, on: bool) -> Callable[[], None]:
    def freeze() -> None:
        camera.faults(frozen=on)

    return freeze
