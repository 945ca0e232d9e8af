"""Every file of tests/vectors/camera_events is the right event with the right fields, and none is left out."""

import json
from typing import Any

import pytest

from drivers.onvif.events import MAKERS, Belief, Parts, Quirks, meanings
from tests.unit.drivers.onvif.saying import NOW, VECTORS, vector

MULTIPART = "dahua_eventmanager_attach.multipart"

Told = tuple[str, str, dict[str, Any], dict[str, Any], str]
"""Source, event (empty: none), its fields, points, picture."""

EXPECTED: dict[str, list[Told]] = {
    "01_hikvision_alarm.xml": [("AlarmIn_1", "", {}, {"alarm_input": True}, "")],
    "02_line_detector_crossed.xml": [("video_source_config1", "", {}, {}, "")],
    "08_ajax_line_crossing.xml": [
        ("020000000004-0", "line_crossed", {"rule": "020000000004-0-dk2t3c"}, {}, ""),
    ],
    "17_hikvision_anpr_vehicle_plate.xml": [
        (
            "VideoSourceToken",
            "plate_read",
            {"plate": "PP1234", "confidence": 0.71, "country": "Netherlands", "lane": 1, "direction": "approaching"},
            {},
            "http://192.168.84.71/doc/ui/images/plate/202212301618275900.jpg",
        )
    ],
    "19_axis_motionalarm_simple_dialect.xml": [("0", "motion", {"kind": "motion"}, {"moving": True}, "")],
    "22_axis_acap_lpr_ffgroup.xml": [("", "plate_read", {"plate": "RZ3160", "country": "PRT"}, {}, "")],
    "23_reolink_doorbell_visitor.xml": [("000", "doorbell", {}, {}, "")],
    "24_reolink_initialized_batch.xml": [("VideoSourceToken", "", {}, {"moving": False}, "")] * 3,
    "27_tplink_c250_linecross.xml": [("vsconf", "", {}, {}, "")],
    "31_spec_lpr_recognition.xml": [
        (
            "VideoSource_1",
            "plate_read",
            {"plate": "京A12345", "confidence": 0.93, "country": "CN"},
            {},
            "http://192.0.2.9/plate.jpg",
        )
    ],
    "34_spec_access_taken_credential.xml": [("AP1", "access_granted", {"person_ref": "C17", "taken": True}, {}, "")],
    "36_spec_access_duress.xml": [("AP1", "duress", {}, {}, "")],
    "37_spec_door_mode.xml": [("Door1", "", {}, {"lock_state": "unlocked"}, "")],
    "38_spec_door_physical_state.xml": [("Door1", "", {}, {"door_state": "open"}, "")],
    "40_spec_door_alarm_open_too_long.xml": [("Door1", "door_held_open", {}, {}, "")],
    "43_dahua_itc_metadata_plate.xml": [
        (
            "",
            "plate_read",
            {
                "plate": "DKL70",
                "country": "DEU",
                "plate_colour": "white",
                "vehicle_type": "sedan",
                "vehicle_colour": "grey",
                "direction": "approaching",
                "lane": 2,
            },
            {},
            "inline",
        )
    ],
    "45_dahua_metadata_empty_plate.xml": [],
    MULTIPART: [
        (
            "0",
            "motion",
            {"kind": "passage", "object": "nomannedconvertibletricycle", "lane": 2, "direction": "leaving"},
            {},
            "",
        )
    ],
    "dahua_vto_AccessControl.json": [("1", "access_granted", {"credential": "remote", "direction": "in"}, {}, "")],
    "hiknext_fielddetection_vehicle.xml": [
        ("1", "motion", {"kind": "intrusion", "object": "vehicle", "region": "2"}, {"moving": True}, "")
    ],
    "hikvision_access_controller_event.json": [
        ("1", "access_granted", {"credential": "fingerprint", "person_ref": "001"}, {}, "")
    ],
    "hikvision_isapi_anpr.xml": [
        (
            "1",
            "plate_read",
            {
                "plate": "38ABC012",
                "confidence": 0.98,
                "lane": 1,
                "direction": "approaching",
                "vehicle_type": "bus",
                "vehicle_colour": "green",
            },
            {},
            "licensePlatePicture.jpg",
        )
    ],
}

NUMBERS = {
    "22_axis_acap_lpr_ffgroup.xml": "1087595",
    "43_dahua_itc_metadata_plate.xml": "7-DKL70",
    MULTIPART: "516@1706600095",
    "dahua_vto_AccessControl.json": "691@1583173448",
    "hikvision_access_controller_event.json": "139@2025-10-22T13:43:48+08:00",
    "hikvision_isapi_anpr.xml": "2026052116100697300edbIawTkCdRKyBzG1WsY1fXRgsEIWclUtyTfpx1Weqn1",
}
"""What the camera calls the occurrence, where it calls it anything."""


def bodies(name: str) -> list[bytes]:
    if name != MULTIPART:
        return [vector(name)]
    parts = Parts("myboundary")
    return [part.body for part in parts.feed(vector(name)) + parts.close()]


def told(name: str, quirks: Quirks) -> list[Told]:
    return [
        (
            one.source,
            one.occurrence.name if one.occurrence else "",
            dict(one.occurrence.fields) if one.occurrence else {},
            dict(one.values),
            one.picture,
        )
        for body in bodies(name)
        for one in meanings(body, NOW, quirks)
    ]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_vector_means_what_it_says(name: str) -> None:
    assert told(name, Quirks()) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_vector_is_numbered_as_its_camera_numbers_it(name: str) -> None:
    found = [one.occurrence for body in bodies(name) for one in meanings(body, NOW) if one.occurrence]
    assert [one.number for one in found] == [NUMBERS.get(name, "")] * len(found)


def test_no_vector_is_left_out() -> None:
    listed = {one["file"] for one in json.loads(vector("index.json"))["vectors"]}
    lying = {path.name for path in VECTORS.iterdir()} - {"index.json"}
    assert listed == lying == set(EXPECTED)


def test_a_maker_who_calls_alarms_initial_is_believed() -> None:
    assert told("27_tplink_c250_linecross.xml", MAKERS["tp-link c250"])[0][1:3] == (
        "line_crossed",
        {"rule": "MyLineCrossDetectorRule"},
    )
    standing = told("24_reolink_initialized_batch.xml", Quirks(initial_happens=True))
    assert [event for _, event, *_ in standing] == [""] * 3
    assert told("02_line_detector_crossed.xml", Quirks(initial_happens=True))[0][1:3] == (
        "line_crossed",
        {"object_id": "0", "rule": "MyLineDetectorRule"},
    )


@pytest.mark.parametrize(
    ("name", "written", "belief"),
    [
        ("31_spec_lpr_recognition.xml", NOW, Belief.NEAR),
        ("hikvision_isapi_anpr.xml", 1_779_351_006_000_000, Belief.FAR),
        ("22_axis_acap_lpr_ffgroup.xml", 1_684_330_812_509_000, Belief.FAR),
        (MULTIPART, 1_706_600_095_000_000, Belief.FAR),
        ("dahua_vto_AccessControl.json", 1_583_173_448_000_000, Belief.FAR),
    ],
)
def test_a_vector_happened_when_its_camera_says(name: str, written: int, belief: Belief) -> None:
    (found,) = [one for body in bodies(name) for one in meanings(body, NOW)]
    assert (found.moment.at, found.moment.belief, found.received) == (written, belief, NOW)
    assert found.moment.offset_s == (written - NOW) / 1e6


def test_no_name_of_a_person_and_no_card_leaves_the_room() -> None:
    everything = repr([told(name, Quirks()) for name in EXPECTED])
    assert "Zhang" not in everything
    assert "John" not in everything
