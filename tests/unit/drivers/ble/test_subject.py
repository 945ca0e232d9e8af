"""What of all that a device sends is worth telling: changes at once, the rest now and then, calls for help always."""

from datetime import UTC, datetime

from msgspec.structs import replace

from config.address import Text
from config.bluetooth import Bluetooth, BluetoothEvent, BluetoothPoint, Characteristic, Visit
from config.profile import Profile
from config.settings import DeviceSettings
from config.transport import Transport
from drivers.api import CorruptAnswer, Presence
from drivers.ble.advertisement import Advertisement
from drivers.ble.decoded import Meaning, Occurrence
from drivers.ble.freshness import LEARNED_FROM, SHORTEST_S
from drivers.ble.subject import Subject
from wire.event import Event
from wire.reading import Batch, Quality, Value

NOTHING_NEW = Meaning({})


class _Decoder:
    """Says what it was given to say, once; afterwards that nothing is new."""

    def __init__(self) -> None:
        self.next: Meaning | None = NOTHING_NEW
        self.value: Meaning | None = None
        self.stands: dict[str, tuple[Value, int]] = {}

    def advertisement(self, heard: Advertisement) -> Meaning | None:
        meaning, self.next = self.next, NOTHING_NEW
        self.stands = dict(meaning.values) if meaning is not None and meaning.values else self.stands
        return meaning

    def standing(self) -> dict[str, tuple[Value, int]]:
        return dict(self.stands)

    def characteristic(self, which: Characteristic, value: bytes) -> Meaning:
        if self.value is None:
            raise CorruptAnswer("short")
        return self.value


class _Band:
    """A subject, its decoder, and a pace of one advertisement a second."""

    def __init__(self, *, sleeps: bool = False, every_s: float | None = None, visit: Visit | None = None) -> None:
        profile = Profile(
            id="x/y",
            kind="wearable_band",
            product=Text(zh="手环", en="band"),
            manual=(),
            driver="ble",
            transport=Transport(buses=("ble",)),
            silence="3h",
            bluetooth=Bluetooth(signal="rssi_dbm", sleeps=sleeps, visit=visit),
        )
        self.decoder = _Decoder()
        settings = DeviceSettings(id="band-1", name="手环", bus="ble", unit=0, profile=profile, every_s=every_s)
        self.subject = Subject(settings, self.decoder)
        self.now = 0.0

    def says(self, *occurrences: Occurrence, **values: tuple[Value, int]) -> list[object]:
        self.decoder.next = Meaning(values, occurrences)
        return self.heard()

    def heard(self, rssi: int | None = -60) -> list[object]:
        self.now += 1.0
        return list(self.subject.hear(Advertisement("A", round(self.now * 1e6), rssi, receiver="hci0"), self.now))

    def look(self, anybody: float | None = None) -> list[object]:
        return list(self.subject.look(self.now, self.now if anybody is None else anybody))


def _values(item: object) -> dict[str, Value]:
    assert isinstance(item, Batch)
    return dict(zip(item.points, item.values, strict=True))


def test_the_first_word_is_told_at_once_with_the_signal() -> None:
    [told] = _Band().says(heart_rate_bpm=(72, 0))
    assert told == Batch("band-1", 1_000_000, ("heart_rate_bpm", "rssi_dbm"), (72, -60))


def test_a_number_that_changes_all_the_time_is_told_once_a_minute() -> None:
    band = _Band()
    told = [item for number in range(181) for item in band.says(heart_rate_bpm=(60 + number % 40, 0))]
    assert [item.at for item in told if isinstance(item, Batch)] == [1_000_000, 61_000_000, 121_000_000, 181_000_000]
    assert _values(told[1])["heart_rate_bpm"] == 60 + 60 % 40


def test_or_as_often_as_the_file_says() -> None:
    band = _Band(every_s=10)
    assert sum(len(band.says(heart_rate_bpm=(number, 0))) for number in range(100)) == 10


def test_a_state_and_a_quality_are_told_at_once() -> None:
    band = _Band()
    band.says(on_wrist=(True, 0), heart_rate_bpm=(72, 0))
    assert _values(band.says(on_wrist=(False, 0))[0])["on_wrist"] is False
    [told] = band.says(heart_rate_bpm=(None, int(Quality.NO_VALUE)))
    assert isinstance(told, Batch)
    assert dict(zip(told.points, told.quality, strict=True))["heart_rate_bpm"] == Quality.NO_VALUE
    assert band.says(on_wrist=(False, 0), heart_rate_bpm=(None, int(Quality.NO_VALUE))) == []


def test_what_stays_the_same_is_told_again_while_it_is_heard() -> None:
    band = _Band()
    band.says(battery_pct=(80, 0))
    assert [item for _ in range(59) for item in band.heard()] == []
    [told] = band.heard(rssi=None)
    assert _values(told) == {"battery_pct": 80, "rssi_dbm": -60}


def test_and_by_the_clock_where_it_is_heard_seldom() -> None:
    band = _Band()
    band.says(steps=(80, 0))
    assert band.says(steps=(82, 0)) == []
    band.now += 100
    [told] = band.look()
    assert isinstance(told, Batch)
    assert (_values(told)["steps"], told.at) == (82, 2_000_000)
    band.now += 70
    assert band.look() == [], "nothing was heard since"


def test_what_is_old_and_nothing_new_is_not_told() -> None:
    band = _Band()
    band.says(battery_pct=(80, 0))
    band.now += 50
    band.heard()
    band.now += 12
    assert [_values(item) for item in band.look()] == [{"battery_pct": 80, "rssi_dbm": -60}]
    band.heard()
    band.now += 60
    assert band.look() == []


def test_a_call_for_help_is_told_after_what_goes_with_it() -> None:
    band = _Band()
    band.says(battery_pct=(80, 0))
    batch, event = band.says(Occurrence("sos_pressed", "7", {"kind": "long"}), battery_pct=(79, 0))
    assert _values(batch)["battery_pct"] == 79
    assert event == Event("7", "band-1", "sos_pressed", 2_000_000, {"kind": "long", "seq": "7"})
    [*_, unnumbered] = band.says(Occurrence("fall_detected", "", {}))
    assert unnumbered == Event("", "band-1", "fall_detected", 3_000_000, {})


def test_who_walks_away_is_said_once_and_who_comes_back_at_once() -> None:
    band = _Band()
    for _ in range(LEARNED_FROM + 1):
        band.heard()
    band.now += SHORTEST_S
    assert band.look() == []
    band.now += 1
    [gone] = band.look()
    assert isinstance(gone, Presence)
    assert (gone.there, gone.why) == (False, "out_of_range: not heard for 61 s, usually at least every 1 s")
    assert band.look() == []
    assert band.heard()[0] == Presence("band-1", there=True)


def test_a_pendant_that_sleeps_may_be_silent() -> None:
    band = _Band(sleeps=True)
    for _ in range(LEARNED_FROM + 1):
        band.heard()
    band.now += 100_000
    assert all(isinstance(item, Batch) for item in band.look())
    assert band.look() == []


def test_what_is_known_of_nothing_is_still_a_sign_of_life() -> None:
    band = _Band()
    band.decoder.next = None
    assert band.heard() == []
    assert band.heard() == [Batch("band-1", 2_000_000, ("rssi_dbm",), (-60,))]


def test_a_characteristic_is_told_as_it_comes_and_nonsense_costs_itself() -> None:
    band = _Band()
    which = Characteristic(service="180d", characteristic="2a37")
    assert band.subject.read(which, b"", 5, 1.0) == [Presence("band-1", there=True)]
    assert band.subject.garbled == 1
    band.decoder.value = Meaning({"heart_rate_bpm": (61, 0)}, (Occurrence("measured", "", {}),))
    assert band.subject.read(which, b"", 6, 2.0) == [
        Batch("band-1", 6, ("heart_rate_bpm",), (61,)),
        Event("", "band-1", "measured", 6),
    ]


def test_while_nobody_listened_nobody_was_silent() -> None:
    band = _Band()
    for _ in range(LEARNED_FROM + 1):
        band.heard()
    band.now += 5000
    band.subject.resume(band.now)
    band.now += SHORTEST_S
    assert not [item for item in band.look() if isinstance(item, Presence)]
    band.now += 1
    assert [item for item in band.look() if isinstance(item, Presence)]


def test_a_visit_in_vain_leaves_no_value_once_in_a_row() -> None:
    rate = Characteristic(service="180d", characteristic="2a37", points=(BluetoothPoint(key="heart_rate_bpm"),))
    battery = Characteristic(
        service="180f", characteristic="2a19", optional=True, points=(BluetoothPoint(key="battery_pct"),)
    )
    band = _Band(visit=Visit(when="every", reads=(rate, battery)))
    band.decoder.value = Meaning({"heart_rate_bpm": (61, 0)})
    nothing = Batch("band-1", 7, ("heart_rate_bpm",), (None,), (int(Quality.TIMEOUT),))
    assert band.subject.failed(7) == [nothing]
    assert band.subject.failed(8) == []
    band.subject.read(rate, b"x", 9, 1.0)
    assert band.subject.failed(9 + 80_000_000) == [], "the visit brought something"
    assert band.subject.failed(9 + 90_000_000) == [replace(nothing, at=9 + 90_000_000)]
    assert _Band().subject.failed(7) == []


def test_where_nobody_is_heard_it_is_not_this_one_that_left() -> None:
    band = _Band()
    for _ in range(LEARNED_FROM + 1):
        band.heard()
    heard_last = band.now
    band.now += 500
    assert not [item for item in band.look(anybody=heard_last) if isinstance(item, Presence)]
    assert [item for item in band.look(anybody=band.now - 1) if isinstance(item, Presence)]


def test_what_was_said_in_turns_is_all_told_and_only_once() -> None:
    band = _Band()
    [first] = band.says(motion=(True, 0))
    assert _values(first) == {"motion": True, "rssi_dbm": -60}
    told = [item for number in range(62) for item in band.says(**{("steps", "spo2_pct")[number % 2]: (number, 0)})]
    assert [set(_values(item)) for item in told] == [
        {"steps", "rssi_dbm"},
        {"spo2_pct", "rssi_dbm"},
        {"steps", "spo2_pct", "rssi_dbm"},
    ]


def test_a_strap_that_is_connected_is_told_every_ten_seconds_and_when_it_is_taken_off_at_once() -> None:
    band, which = _Band(), Characteristic(service="180d", characteristic="2a37")
    told = []
    for second in range(31):
        band.decoder.value = Meaning({"heart_rate_bpm": (60 + second, 0), "on_wrist": (second != 15, 0)})
        read = band.subject.read(which, b"x", second, float(second))
        told += [(item.at, _values(item)) for item in read if isinstance(item, Batch)]
    assert [at for at, _ in told] == [0, 10, 15, 16, 26]
    assert told[2][1] == {"heart_rate_bpm": 75, "on_wrist": False}


def test_what_a_cuff_remembers_is_told_once_and_what_is_old_is_stale() -> None:
    band = _Band()
    cuff = Characteristic(
        service="1810",
        characteristic="2a35",
        events=(BluetoothEvent(name="measured", source="systolic_mmhg", edge="told", number="measured_at"),),
    )
    now = round(datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp() * 1e6)

    def told(number: str) -> list[object]:
        band.decoder.value = Meaning(
            {"systolic_mmhg": (150, 0)}, (Occurrence("measured", number, {}),) if number else ()
        )
        return list(band.subject.read(cuff, b"x", now, 1.0))

    def quality(number: str) -> tuple[int, ...]:
        [batch, event] = told(number)
        assert isinstance(batch, Batch)
        assert isinstance(event, Event)
        return batch.quality

    assert told("") == [Presence("band-1", there=True)]
    assert quality("2026-11-25T19:58:00") == ()
    assert quality("2026-10-20T08:00:00") == (Quality.STALE,)
    assert quality("2000-01-01T00:00:00") == (), "a clock that was never set says nothing"
