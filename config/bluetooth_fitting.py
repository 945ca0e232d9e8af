"""A Bluetooth product held against its class and against what data can hold: names, hex, UUIDs, edges."""

import re
from collections.abc import Iterator, Mapping

from config.bluetooth import FIELDS, Advert, Bluetooth, BluetoothEvent, Characteristic, Field, GattWrite
from config.bluetooth_formats import FORMATS, SERVICES, has_field
from config.device_class import DeviceClass
from config.duration import parse_duration
from config.profile import Profile

_UUID = re.compile(r"[0-9A-Fa-f]{4}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEX = re.compile(r"([0-9A-Fa-f]{2})*")
_BITS = {"u8": 8, "u16": 16, "u24": 24, "u32": 32}
_NO_NUMBERS = ("hex", "text", "address")

_Part = Advert | Characteristic


def wrong_bluetooth(profile: Profile, kind: DeviceClass) -> Iterator[str]:
    """Name everything in a profile's Bluetooth part that its class does not know or that cannot be."""
    bluetooth = profile.bluetooth
    if bluetooth is not None:
        yield from _wrong_visit(bluetooth)
        for number, advert in enumerate(bluetooth.adverts):
            yield from (f"advert {number}: {what}" for what in (*_wrong_advert(advert), *_wrong_part(advert, kind)))
        for read in bluetooth.visit.reads if bluetooth.visit else ():
            said = (*_wrong_uuids(read.service, read.characteristic), *_wrong_part(read, kind))
            yield from (f"characteristic {read.characteristic}: {what}" for what in said)
        yield from _wrong_identity(profile, bluetooth)
    for name, command in profile.commands.items():
        if command.gatt is not None:
            yield from (f"command {name}: {what}" for what in _wrong_write(command.gatt))


def _wrong_advert(advert: Advert) -> Iterator[str]:
    if advert.company is not None and (advert.service or advert.company > 0xFFFF):
        yield "company is a number up to 0xFFFF, and not beside service"
    if advert.company is None and not advert.service:
        if not advert.uuid and not advert.name:
            yield "needs company, service, uuid or name"
        if advert.points or advert.events or advert.fields:
            yield "has no data without company or service"
    yield from _wrong_uuids(*(uuid for uuid in (advert.service, advert.uuid) if uuid))
    if not _HEX.fullmatch(advert.starts):
        yield f"starts {advert.starts!r} is no hex"
    if advert.length is not None and not 0 <= advert.length[0] <= advert.length[1]:
        yield f"length {advert.length} is no span"
    services = SERVICES.get(advert.format)
    if services is not None and advert.service.lower() not in services:
        yield f"format {advert.format} is for service {' or '.join(services)}"


def _wrong_part(part: _Part, kind: DeviceClass) -> Iterator[str]:
    if part.format != FIELDS and part.format not in FORMATS:
        yield f"there is no format {part.format}"
        return
    if part.format != FIELDS and part.fields:
        yield f"fields belong to the format {FIELDS}"
    if isinstance(part, Characteristic) and part.format in SERVICES:
        yield f"format {part.format} is for advertisements"
    yield from _wrong_layout(part.fields)
    yield from (f"there is no field {name}" for name in _named(part) if not _knows(part, name))
    for event in part.events:
        yield from _wrong_event(event, kind)
        if event.edge == "told" and isinstance(part, Advert):
            yield f"event {event.name}: an advertisement repeats itself, so told is for characteristics"


def _named(part: _Part) -> Iterator[str]:
    for point in part.points:
        yield point.source or point.key
        yield from point.only_if
    for event in part.events:
        yield event.source
        yield from (event.number,) if event.number else ()
        yield from (one.source for one in event.fields.values())


def _knows(part: _Part, name: str) -> bool:
    return name in part.fields if part.format == FIELDS else has_field(part.format, name)


def _wrong_layout(fields: Mapping[str, Field]) -> Iterator[str]:
    earlier: set[str] = set()
    for name, field in fields.items():
        unknown = (field.only_if.keys() | field.unless.keys()) - earlier
        yield from (f"field {name} depends on {other}, which is no earlier field" for other in sorted(unknown))
        if field.mask is not None and field.mask >> _BITS.get(field.type, 0):
            yield f"field {name}: its mask does not fit a {field.type}"
        if field.length and field.type not in ("hex", "text"):
            yield f"field {name}: only hex and text have a length"
        if field.type in _NO_NUMBERS and (field.scale != 1.0 or field.offset or field.invalid):
            yield f"field {name}: a {field.type} is no number"
        earlier.add(name)


def _wrong_event(event: BluetoothEvent, kind: DeviceClass) -> Iterator[str]:
    known = kind.event(event.name)
    if known is None:
        yield f"class {kind.id} has no event {event.name}"
    else:
        yield from (f"event {event.name} has no field {one}" for one in event.fields if one not in known.fields)
    if event.edge == "packets" and not event.number:
        yield f"event {event.name}: packets need their number"


def _wrong_visit(bluetooth: Bluetooth) -> Iterator[str]:
    visit = bluetooth.visit
    if not bluetooth.adverts and visit is None:
        yield "bluetooth needs adverts or a visit"
    if visit is not None:
        for key, text in (("period", visit.period), ("stay", visit.stay)):
            if not _is_time(text):
                yield f"visit: {key} {text!r} is no duration"


def _wrong_identity(profile: Profile, bluetooth: Bluetooth) -> Iterator[str]:
    for name, option in bluetooth.identity.items():
        if option not in profile.options:
            yield f"identity: there is no option {option}"
        if not any(_knows(advert, name) for advert in bluetooth.adverts if advert.format in (FIELDS, *FORMATS)):
            yield f"identity: there is no field {name}"


def _wrong_write(write: GattWrite) -> Iterator[str]:
    yield from _wrong_uuids(write.service, write.characteristic)
    if not write.value or not _HEX.fullmatch(write.value):
        yield f"value {write.value!r} is no hex"


def _wrong_uuids(*uuids: str) -> Iterator[str]:
    yield from (f"{uuid!r} is no UUID" for uuid in uuids if not _UUID.fullmatch(uuid))


def _is_time(text: str) -> bool:
    try:
        return parse_duration(text) > 0
    except ValueError:
        return False
