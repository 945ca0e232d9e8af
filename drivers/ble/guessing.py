"""Which products a sender may be: what it says, read by every profile that could, and how much that proves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from config.address import Scalar
from config.bluetooth import Advert, Bluetooth
from config.profile import Profile
from config.samples import sample_options
from config.settings import DeviceSettings
from drivers.api.errors import CorruptAnswer, Misconfigured
from drivers.api.overhears import AddressKind, Guess
from drivers.api.scans import Confidence
from drivers.ble.addresses import address_kind
from drivers.ble.advertisement import Advertisement, short_uuid
from drivers.ble.decode import DeviceDecoder
from drivers.ble.decoded import Fields
from drivers.ble.reading import AdvertReading, made
from wire.reading import Value

_OWN_LAYOUTS: Final = frozenset({"miband"})
"""Formats of one maker: who sends them is that maker's."""

_ANYBODYS: Final = frozenset({"ibeacon", "altbeacon", "eddystone_uid", "eddystone_tlm"})
"""Formats that any shop's beacon has."""

_SAYS_LITTLE: Final = frozenset({"battery_pct", "battery_mv", "battery_low", "packet_id", "temperature_c"})
"""Fields that any thing with a battery may send."""

_LONG_NAME: Final = 4
_RANK: Final[Mapping[Confidence, int]] = {"high": 0, "medium": 1, "low": 2}
_CHANGING: Final[frozenset[AddressKind]] = frozenset({"resolvable", "non_resolvable"})


class Guesser:
    """What one sender may be of ``products``, which are Bluetooth ones; it is given all that the sender says."""

    def __init__(self, products: Sequence[Profile]) -> None:
        self._products = products
        self._candidates: dict[str, _Candidate | None] = {}

    def hear(self, heard: Advertisement) -> None:
        """Take one advertisement in."""
        for profile in self._products:
            if profile.bluetooth is None or not _may_be(profile.bluetooth, heard):
                continue
            if profile.id not in self._candidates:
                self._candidates[profile.id] = _candidate(profile)
            candidate = self._candidates[profile.id]
            if candidate is not None:
                candidate.hear(heard)

    def guesses(self) -> tuple[Guess, ...]:
        """Return what it may be, the best first."""
        found = [one for one in self._candidates.values() if one is not None and one.fits]
        found.sort(key=lambda one: (_RANK[one.confidence], -len(one.sources), one.profile.id))
        return tuple(one.guess() for one in found)


def _may_be(bluetooth: Bluetooth, heard: Advertisement) -> bool:
    """Tell at little cost whether one of a product's adverts could be this one."""
    return any(
        (advert.company in heard.companies if advert.company is not None else True)
        and (not advert.service or short_uuid(advert.service) in heard.services)
        and (not advert.uuid or short_uuid(advert.uuid) in heard.uuids)
        and heard.name.startswith(advert.name)
        for advert in bluetooth.adverts
    )


def _candidate(profile: Profile) -> "_Candidate | None":
    """Return a candidate, ``None`` where its data cannot be read here (a library is missing)."""
    settings = DeviceSettings(id="", name="", bus="", unit=0, profile=profile, options=sample_options(profile))
    assert profile.bluetooth is not None  # noqa: S101 - the caller has looked
    try:
        readings = [AdvertReading(advert, settings) for advert in profile.bluetooth.adverts]
        return _Candidate(profile, readings, DeviceDecoder(settings))
    except Misconfigured:
        return None


@dataclass(slots=True)
class _Candidate:
    """One product that a sender may be, and what speaks for it so far."""

    profile: Profile
    readings: list[AdvertReading]
    decoder: DeviceDecoder
    confidence: Confidence = "low"
    fits: bool = False
    implausible: bool = False
    encrypted: bool = False
    sources: set[str] = field(default_factory=set)
    values: dict[str, Value] = field(default_factory=dict)
    options: dict[str, Scalar] = field(default_factory=dict)
    kind: AddressKind = "unknown"

    def hear(self, heard: Advertisement) -> None:
        """Read one advertisement as this product's."""
        self.kind = address_kind(heard.address, heard.address_type)
        for reading in self.readings:
            try:
                found = reading.read(heard)
            except CorruptAnswer as error:
                self._garbled(str(error))
                continue
            if found is None or not self._says_something(reading, found[0]):
                continue
            became = made(reading.what, *found)
            self.implausible |= any(one.why == "implausible" for one in became)
            self.values |= {one.key: one.value for one in became if not one.is_event and one.value is not None}
            self._believe(_confidence(reading.what, found[0], is_bare=reading.is_bare))
        if self.fits:
            self._know(heard)

    def guess(self) -> Guess:
        """Return it as the technician gets it."""
        secrets = [name for name, option in self.profile.options.items() if option.type == "secret"]
        keys = [name for name in secrets if name != "irk" and self.encrypted]
        keys += [name for name in secrets if name == "irk" and self.kind == "resolvable" and not self.options]
        confidence = "low" if self.implausible else self.confidence
        return Guess(self.profile.id, confidence, self.values, self.profile.events(), self.options, tuple(keys))

    def _garbled(self, why: str) -> None:
        """An encrypted format says that it is one and may be recognised; other garbage speaks for nothing."""
        if "encrypted" in why:
            self.encrypted = True
            self._believe("medium")

    def _says_something(self, reading: AdvertReading, fields: Fields) -> bool:
        """Tell whether any of what the product tells is there: a format alone may be anybody's."""
        what = reading.what
        wanted = {point.source or point.key for point in what.points} | {event.source for event in what.events}
        present = wanted & fields.keys()
        self.sources |= present
        return reading.is_bare or bool(present) or not wanted

    def _believe(self, confidence: Confidence) -> None:
        self.confidence = min(confidence, self.confidence, key=_RANK.__getitem__) if self.fits else confidence
        self.fits = True

    def _know(self, heard: Advertisement) -> None:
        """Learn what the device can be known by: what it sends of itself, else its address, where it keeps that."""
        bluetooth = self.profile.bluetooth
        identity = self.decoder.identity(heard)
        if identity is not None and bluetooth is not None:
            said = {option: identity[name] for name, option in bluetooth.identity.items()}
            self.options |= {option: value for option, value in said.items() if value is not None}
        elif self.kind not in _CHANGING:
            macs = (name for name, option in self.profile.options.items() if option.type == "mac")
            self.options |= dict.fromkeys(macs, heard.address)


def _confidence(advert: Advert, fields: Fields, *, is_bare: bool) -> Confidence:
    if is_bare:
        return "medium" if advert.uuid or len(advert.name) >= _LONG_NAME else "low"
    told = {point.source or point.key for point in advert.points} | {event.source for event in advert.events}
    says = (told & fields.keys()) - _SAYS_LITTLE
    if not says and not advert.starts and not advert.name:
        return "low"
    if advert.format in _ANYBODYS:
        return "medium"
    own = len(advert.starts) >= 4 or len(advert.name) >= _LONG_NAME or advert.format in _OWN_LAYOUTS
    return "high" if own else "medium"
