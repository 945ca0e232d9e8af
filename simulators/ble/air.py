"""The air between wearables and adapters: who sends, who listens, who can be connected to, and what gets lost."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol

SENSITIVITY_DBM: Final = -100
"""What arrives weaker is not heard."""

SIG_BASE: Final = "-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One advertisement, as it is sent (scan response included).

    ``address`` is ``AA:BB:CC:DD:EE:FF``; ``rssi`` is in dBm, as heard by an adapter that stands well. ``companies`` is
    manufacturer data by company identifier, ``services`` service data by UUID; a UUID is lower case, in full or, for an
    assigned one, four digits. ``None`` is an element that is not sent.
    """

    address: str
    rssi: int = -60
    name: str | None = None
    companies: Mapping[int, bytes] = field(default_factory=dict)
    services: Mapping[str, bytes] = field(default_factory=dict)
    uuids: tuple[str, ...] = ()
    tx_power: int | None = None
    connectable: bool = True
    address_type: Literal["public", "random"] = "public"
    appearance: int | None = None

    def content(self) -> tuple[object, ...]:
        """Return what two advertisements share that a stack takes for the same one: all but the strength."""
        return (
            self.name,
            tuple(self.companies.items()),
            tuple(self.services.items()),
            self.uuids,
            self.tx_power,
            self.connectable,
            self.appearance,
        )


class AttError(Exception):
    """The device refuses what is asked of a characteristic; ``code`` is the ATT error, 0x01 to 0xff."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ATT error 0x{code:02x}")
        self.code = code


@dataclass(frozen=True)
class GattCharacteristic:
    """One characteristic. ``flags`` are BlueZ's words: ``read``, ``write``, ``write-without-response``, ``notify``,
    ``indicate``.

    ``read`` returns the value and ``write`` takes one, both at once; either may raise ``AttError``. ``notifying`` is
    told when a client subscribes (``True``) and when that ends. ``descriptors`` are further ones by UUID; the client's
    configuration (2902) is there by itself.
    """

    uuid: str
    flags: tuple[str, ...]
    read: Callable[[], bytes] | None = None
    write: Callable[[bytes], None] | None = None
    notifying: Callable[[bool], None] | None = None
    descriptors: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class GattService:
    """One primary service."""

    uuid: str
    characteristics: Sequence[GattCharacteristic]


class Link(Protocol):
    """A connection, from the device's side."""

    def tell(self, service: str, characteristic: str, value: bytes) -> bool:
        """Notify or indicate a value; return whether somebody is subscribed and the link stands."""
        ...

    def drop(self) -> None:
        """Break the connection off, as a device does that has said what it had to say."""
        ...


class Peripheral(Protocol):
    """What a device offers to who connects to it."""

    @property
    def services(self) -> Sequence[GattService]:
        """Return its services, the same ones each time."""
        ...

    def connected(self, link: Link) -> None:
        """Take note of a connection; the services may be used from now on."""
        ...

    def disconnected(self) -> None:
        """Take note that the connection is gone, whoever ended it."""
        ...


class Ear(Protocol):
    """An adapter."""

    def heard(self, broadcast: Broadcast) -> None:
        """Take an advertisement, with the strength that it has here."""
        ...

    def vanished(self, address: str) -> None:
        """Take note that a device answers no more: a connection to it is lost."""
        ...


@dataclass
class Reach:
    """How well one adapter hears: all of it can be changed while the air is used.

    ``loss`` is the share of advertisements (0 to 1) that do not arrive, ``attenuation_db`` what walls take of every
    device, ``walls_db`` what they take of single ones, by address, beside it; ``seed`` makes each run lose the same.
    """

    loss: float = 0.0
    attenuation_db: int = 0
    walls_db: dict[str, int] = field(default_factory=dict)
    seed: int = 0
    _chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def strength(self, broadcast: Broadcast) -> int | None:
        """Return with how many dBm this one arrives; ``None`` where it does not."""
        rssi = broadcast.rssi - self.attenuation_db - self.walls_db.get(broadcast.address, 0)
        if rssi < SENSITIVITY_DBM or (self.loss and self._chance.random() < self.loss):
            return None
        return rssi


class Air:
    """Carries advertisements to every ear, and knows which device answers to which address."""

    def __init__(self) -> None:
        self._ears: dict[int, tuple[Ear, Reach]] = {}
        self._peripherals: dict[str, Peripheral] = {}

    def listen(self, ear: Ear, reach: Reach | None = None) -> None:
        """Have ``ear`` hear from now on, as well as ``reach`` says (without one: everything, undamped)."""
        self._ears[id(ear)] = (ear, reach or Reach())

    def leave(self, ear: Ear) -> None:
        """Have it hear no more."""
        self._ears.pop(id(ear), None)

    def transmit(self, broadcast: Broadcast) -> None:
        """Send an advertisement, once."""
        for ear, reach in tuple(self._ears.values()):
            rssi = reach.strength(broadcast)
            if rssi is not None:
                ear.heard(broadcast if rssi == broadcast.rssi else replace(broadcast, rssi=rssi))

    def add(self, address: str, peripheral: Peripheral) -> None:
        """Let a device answer to ``address``; who connects to an address that nobody answers to waits in vain."""
        self._peripherals[address] = peripheral

    def remove(self, address: str) -> None:
        """Let it answer no more (it left, its battery is flat, it took another address); its connections are lost."""
        if self._peripherals.pop(address, None) is not None:
            for ear, _ in tuple(self._ears.values()):
                ear.vanished(address)

    def peripheral(self, address: str) -> Peripheral | None:
        """Return who answers to ``address``."""
        return self._peripherals.get(address)


def full_uuid(uuid: str) -> str:
    """Return a UUID in full, lower case."""
    return f"0000{uuid.lower()}{SIG_BASE}" if len(uuid) == 4 else uuid.lower()
