"""What the vectors do not show: missing parts, other booleans, repetitions, makers' numbers, directions, duplicates."""

import json

import pytest

from config.catalog import load_class
from drivers.api import CorruptAnswer
from drivers.onvif.events import Occurrence, Quirks, meanings, messages
from drivers.onvif.events.topics import TABLE
from tests.unit.drivers.onvif.saying import NOW, answer, data, happened, notification, vector

MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"
LPR = "tnsaxis:CameraApplicationPlatform/LPR"
HIK = "tns1:RuleEngine/VehicleDetector/tnshik:Vehicle"


@pytest.mark.parametrize(
    ("word", "moves"), [("true", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)]
)
def test_booleans_are_words_or_digits(word: str, moves: bool) -> None:
    (found,) = meanings(answer(notification(MOTION, data(IsMotion=word))), NOW)
    assert found.values == {"moving": moves}
    assert (found.occurrence is not None) == moves


def test_a_word_that_is_no_boolean_is_nothing_of_ours() -> None:
    assert meanings(answer(notification(MOTION, data(IsMotion="perhaps"))), NOW) == []


def test_source_data_and_operation_may_be_missing() -> None:
    crossed = "tns1:RuleEngine/LineDetector/Crossed"
    assert happened(answer(notification(crossed, "", ""))) == [Occurrence("line_crossed", "", {})]
    assert meanings(answer(notification(MOTION, "", "")), NOW) == []
    assert messages(answer("<wsnt:NotificationMessage/>", "<x><wsnt:NotificationMessage/></x>")) == []
    assert messages(answer()) == []


def test_one_answer_tells_in_order_and_a_part_without_sense_costs_itself() -> None:
    said = answer(
        notification(MOTION, data(IsMotion="1")),
        "<wsnt:NotificationMessage><wsnt:Topic>tns1:Broken</wsnt:Topic></wsnt:NotificationMessage>",
        notification("tns1:Nobody/Knows", data(State="true")),
        notification("tns1:Device/Trigger/DigitalInput", data(InputToken="2", LogicalState="true")),
    )
    assert [one.name for one in happened(said)] == ["motion", "io"]


@pytest.mark.parametrize(
    "topic", [MOTION, "RuleEngine/CellMotionDetector/Motion", "a:RuleEngine/b:CellMotionDetector/c:Motion"]
)
def test_prefixes_mean_nothing(topic: str) -> None:
    assert [one.name for one in happened(answer(notification(topic, data(IsMotion="1"))))] == ["motion"]


def test_initial_is_state_and_deleted_is_nothing() -> None:
    for operation, told in (("Initialized", [{"moving": True}]), ("Deleted", []), ("Changed", [{"moving": True}])):
        said = answer(notification(MOTION, data(IsMotion="true"), f'PropertyOperation="{operation}"'))
        assert [one.values for one in meanings(said, NOW)] == told
        assert bool(happened(said)) == (operation == "Changed")


def test_an_input_tells_both_edges_and_which_one_it_is() -> None:
    source = '<tt:Source><tt:SimpleItem Name="InputToken" Value="in-2"/></tt:Source>'
    for word, state in (("true", True), ("false", False)):
        said = answer(notification("tns1:Device/Trigger/DigitalInput", source + data(LogicalState=word)))
        assert happened(said) == [Occurrence("io", "", {"input": "in-2", "state": state})]


def test_an_input_that_is_initially_quiet_never_happened() -> None:
    for word, happens in (("true", True), ("false", False)):
        said = notification("tns1:Device/Trigger/AlarmIn", data(State=word), 'PropertyOperation="Initialized"')
        assert bool(happened(answer(said), Quirks(initial_happens=True))) == happens


def test_a_tracked_car_is_one_number_and_its_leaving_is_no_read() -> None:
    states = ("new", "update", "lost")
    reads = happened(answer(*(notification(LPR, data(text="浙F12345", carState=one, carID="7")) for one in states)))
    assert [(one.number, one.fields["plate"]) for one in reads] == [("7", "浙F12345")] * 2


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("0", 0.0),
        ("71", 0.71),
        ("100", 1.0),
        ("101", None),
        ("-1", None),
        ("nan", None),
        ("1e999", None),
        ("high", None),
    ],
)
def test_a_confidence_out_of_its_measure_is_not_guessed(said: str, believed: float | None) -> None:
    (read,) = happened(answer(notification(HIK, data(PlateNumber="浙F·1234 5", Likelihood=said))))
    assert read.fields["plate"] == "浙F12345"
    assert read.fields.get("confidence") == believed


def test_percent_where_a_share_is_due_is_not_believed() -> None:
    said = vector("31_spec_lpr_recognition.xml").replace(b"0.93", b"93")
    assert "confidence" not in happened(said)[0].fields


@pytest.mark.parametrize("word", ["Unknown", "unknown", "", " ", "无车牌", "???", "x" * 300])
def test_a_vehicle_without_a_readable_plate_is_a_passage(word: str) -> None:
    said = answer(notification(HIK, data(PlateNumber=word, VehicleLaneNumber="2", VehicleDirection="reverse")))
    assert happened(said) == [Occurrence("motion", "", {"kind": "passage", "lane": 2, "direction": "leaving"})]


def test_an_unknown_plate_among_metadata_is_a_passage_and_an_empty_one_keeps_alive() -> None:
    said = vector("43_dahua_itc_metadata_plate.xml")
    assert happened(said.replace(b"DKL70", b"Unknown"))[0].fields["kind"] == "passage"
    assert happened(said.replace(b"DKL70", b"")) == []


def test_notifications_among_metadata_are_heard() -> None:
    inner = notification(MOTION, data(IsMotion="true"))
    said = f"<tt:MetadataStream><tt:Event>{inner}</tt:Event></tt:MetadataStream>".encode()
    assert [one.name for one in happened(said)] == ["motion"]


@pytest.mark.parametrize(
    ("facing", "comes", "goes"), [("", "approaching", "leaving"), ("in", "in", "out"), ("out", "out", "in")]
)
def test_what_nearer_means_depends_on_how_a_camera_hangs(facing: str, comes: str, goes: str) -> None:
    for word, way in (("forward", comes), ("reverse", goes), ("unknown", None), ("in", "in")):
        said = answer(notification(HIK, data(PlateNumber="浙F12345", VehicleDirection=word)))
        assert happened(said, Quirks(facing=facing))[0].fields.get("direction") == way  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plate", "colour", "kind"),
    [
        ("浙F12345", "blue", "blue"),
        ("浙FD12345", "newEnergyGreen", "green_small"),
        ("浙F12345D", "newEnergyYellowGreen", "green_large"),
        ("浙F12345", "yellow", None),
        ("DKL70", "white", None),
    ],
)
def test_a_plate_has_a_kind_where_its_colour_decides(plate: str, colour: str, kind: str | None) -> None:
    said = vector("hikvision_isapi_anpr.xml").replace(b"38ABC012", plate.encode())
    said = said.replace(b"<plateColor>unknown", f"<plateColor>{colour}".encode())
    assert happened(said)[0].fields.get("plate_type") == kind


def test_an_alert_that_lasts_is_told_once_and_its_end_is_state() -> None:
    said = vector("hiknext_fielddetection_vehicle.xml")
    again = said.replace(b"<activePostCount>1<", b"<activePostCount>7<")
    over = said.replace(b"<eventState>active<", b"<eventState>inactive<")
    assert [bool(happened(one)) for one in (said, again, over)] == [True, False, False]
    assert meanings(over, NOW)[0].values == {"moving": False}


@pytest.mark.parametrize(
    ("major", "minor", "event", "values"),
    [
        (5, 1, "access_granted", {}),
        (5, 9, "access_denied", {}),
        (5, 25, "", {"door_state": "open"}),
        (5, 27, "door_forced", {"door_state": "open"}),
        (5, 28, "door_held_open", {"door_state": "open"}),
        (5, 37, "doorbell", {}),
        (3, 1024, "access_granted", {}),
        (2, 38, None, {}),
        (5, 9999, None, {}),
    ],
)
def test_an_access_controller_speaks_in_numbers(major: int, minor: int, event: str | None, values: object) -> None:
    said = json.loads(vector("hikvision_access_controller_event.json"))
    said["AccessControllerEvent"] |= {"majorEventType": major, "subEventType": minor}
    found = meanings(json.dumps(said).encode(), NOW)
    if event is None:
        assert found == []
        return
    assert [(one.occurrence.name if one.occurrence else "", one.values) for one in found] == [(event, values)]


@pytest.mark.parametrize(
    ("line", "event", "values"),
    [
        ("Code=VideoMotion;action=Start;index=0", "motion", {"moving": True}),
        ("Code=VideoMotion;action=Stop;index=0", "", {"moving": False}),
        ("Code=VideoBlind;action=Start;index=0;data={}", "camera_tamper", {}),
        ("Code=AlarmLocal;action=Start;index=1", "io", {"alarm_input": True}),
        ('Code=DoorStatus;action=Pulse;index=0;data={"Status":"Open"}', "", {"door_state": "open"}),
        ("Code=Invite;action=Pulse;index=0", "doorbell", {}),
        ('Code=AccessControl;action=Pulse;index=0;data={"Status":0,"Method":1}', "access_denied", {}),
    ],
)
def test_lines_of_an_event_manager(line: str, event: str, values: object) -> None:
    found = meanings(line.encode(), NOW)
    assert [(one.occurrence.name if one.occurrence else "", one.values) for one in found] == [(event, values)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<html/>",
        b"[]",
        b"{}",
        b'{"a":1}',
        b"Code",
        b"Code=X;action=Y;data={",
        b"{" * 5000,
        b"\xff\xfe<\0",
    ],
)
def test_what_tells_no_events_is_corrupt(body: bytes) -> None:
    with pytest.raises(CorruptAnswer):
        meanings(body, NOW)


def test_whatever_the_table_can_tell_is_in_the_catalogue() -> None:
    classes = [load_class(name) for name in ("anpr_camera", "surveillance_camera", "access_door")]
    events = {event.name: set(event.fields) for one in classes for event in one.events}
    for one in classes:
        for event in one.events:
            events[event.name] |= set(event.fields)
    points = {point.key for one in classes for point in one.points}
    beside = {"picture", "number"}
    for rows in TABLE.values():
        for topic, row in rows.items():
            for said in row.says.values():
                assert set(said.values) <= points, topic
                if said.event:
                    assert set(said.fields) <= events[said.event], topic
                    assert said.plain or {field for _, field in row.takes} - beside <= events[said.event], topic
