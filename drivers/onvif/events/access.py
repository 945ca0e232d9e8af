"""Doors in the table: ONVIF's door and access topics, Hikvision's numbered kinds, Dahua's door stations."""

from collections.abc import Mapping
from typing import Final

from drivers.onvif.events.rows import Row, Said

PERSON: Final = (("CredentialToken", "person_ref"), ("Direction", "direction"))
"""Who it was is a reference to look up; the holder's name and the card's number are not taken over."""


def _door(point: str, **words: str) -> Row:
    return Row({said: Said("", {point: ours}) for said, ours in words.items()}, ("State",))


def _granted(**fields: bool) -> Row:
    return Row({"": Said("access_granted", {}, fields)}, takes=PERSON)


def _denied(reason: str = "") -> Row:
    return Row({"": Said("access_denied", {}, {"reason": reason} if reason else {})}, takes=(("Reason", "reason"),))


DOORS: Final[dict[str, Row]] = {
    "Door/State/DoorPhysicalState": _door("door_state", open="open", closed="closed", unknown="unknown", fault="fault"),
    "Door/State/LockPhysicalState": _door(
        "lock_state", locked="locked", unlocked="unlocked", unknown="unknown", fault="fault"
    ),
    "Door/State/DoubleLockPhysicalState": _door("lock_state", fault="fault"),
    "Door/State/DoorMode": _door(
        "lock_state", unknown="unknown", locked="locked", unlocked="unlocked", accessed="unlocked", blocked="locked",
        lockeddown="locked", lockedopen="unlocked", doublelocked="locked",
    ),
    "Door/State/DoorTamper": Row(
        {"tamperdetected": Said("", {"tamper": True}), "notintamper": Said("", {"tamper": False})}, ("State",)
    ),
    "Door/State/DoorAlarm": Row(
        {"dooropentoolong": Said("door_held_open"), "doorforcedopen": Said("door_forced"), "normal": Said()}, ("State",)
    ),
    "AccessControl/AccessGranted/Anonymous": _granted(),
    "AccessControl/AccessGranted/Credential": _granted(),
    "AccessControl/AccessTaken/Anonymous": _granted(taken=True),
    "AccessControl/AccessTaken/Credential": _granted(taken=True),
    "AccessControl/Denied/Anonymous": _denied(),
    "AccessControl/Denied/Credential": _denied(),
    "AccessControl/Denied/CredentialNotFound/*": _denied("unknown_credential"),
    "AccessControl/Duress": Row({"": Said("duress")}),
}  # fmt: skip


def _by(credential: str) -> Said:
    return Said("access_granted", {}, {"credential": credential})


def _no(reason: str) -> Said:
    return Said("access_denied", {}, {"reason": reason})


def _begun(event: str) -> Row:
    return Row({"start": Said(event), "pulse": Said(event), "stop": Said()}, ("action",))


CONTROLLER: Final = Row(
    {
        "5/1": _by("card"), "5/2": _by("card"), "5/16": Said("access_granted"), "5/34": _by("pin"),
        "5/38": _by("fingerprint"),
        "5/40": _by("fingerprint"), "5/43": _by("fingerprint"), "5/46": _by("fingerprint"), "5/69": _by("fingerprint"),
        "5/72": _by("fingerprint"), "5/75": _by("face"), "5/77": _by("face"), "5/101": _by("pin"),
        "5/105": _by("id_card"), "5/153": Said("access_granted"), "5/159": _by("bluetooth"), "5/179": _by("pin"),
        "5/181": _by("pin"),
        "3/1024": _by("remote"), "3/1053": _by("remote"),
        "5/3": _no("wrong_pin"), "5/6": _no("no_permission"), "5/7": _no("schedule"), "5/8": _no("expired"),
        "5/9": _no("unknown_credential"), "5/10": _no("antipassback"), "5/39": _no("unknown_credential"),
        "5/41": _no("unknown_credential"), "5/49": _no("unknown_credential"), "5/76": _no("unknown_credential"),
        "5/80": _no("unknown_credential"), "5/112": _no("unknown_credential"), "5/113": _no("blacklist"),
        "5/151": _no("wrong_pin"), "5/152": _no("unknown_credential"),
        "5/21": Said("", {"lock_state": "unlocked"}), "5/22": Said("", {"lock_state": "locked"}),
        "5/23": Said("", {"exit_button": True}), "5/24": Said("", {"exit_button": False}),
        "5/25": Said("", {"door_state": "open"}), "5/26": Said("", {"door_state": "closed"}),
        "5/27": Said("door_forced", {"door_state": "open"}, plain=True),
        "5/28": Said("door_held_open", {"door_state": "open"}, plain=True),
        "5/37": Said("doorbell", plain=True), "5/51": Said("doorbell", plain=True),
        "5/133": Said("tailgating", plain=True),
        "5/86": Said("", {"door_state": "fault"}), "5/87": Said("", {"door_state": "fault"}),
        "5/88": Said("", {"door_state": "fault"}),
    },
    ("code",),
    (("AccessControllerEvent.employeeNoString", "person_ref"), ("AccessControllerEvent.serialNo", "number")),
    lasts=False,
)  # fmt: skip
"""By major and minor kind, as the maker's network SDK numbers them: 5 events, 3 what people did from afar."""

STATIONS: Final[dict[str, Row]] = {
    "AccessControl": Row(
        {"1": Said("access_granted"), "0": Said("access_denied")},
        ("Status",),
        (("Method", "credential"), ("UserID", "person_ref"), ("Type", "direction"), ("SnapURL", "picture"),
         ("RecNo", "number")),
    ),
    "DoorStatus": Row(
        {"open": Said("", {"door_state": "open"}), "close": Said("", {"door_state": "closed"})}, ("Status",)
    ),
    "BreakIn": _begun("door_forced"),
    "DoorNotClosed": _begun("door_held_open"),
    "Duress": _begun("duress"),
    "Invite": _begun("doorbell"),
}  # fmt: skip

METHODS: Final[Mapping[str, str]] = {
    "0": "pin", "1": "card", "2": "card", "3": "card", "4": "remote", "5": "exit_button", "6": "fingerprint",
}  # fmt: skip
"""How a door was opened, by Dahua's numbers."""
