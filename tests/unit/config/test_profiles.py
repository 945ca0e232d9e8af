"""The shipped profiles: both languages, values that the class can hold, no door or boom left unsafe."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from config.address import Address
from config.bluetooth import (
    Advert,
    Bluetooth,
    BluetoothEvent,
    BluetoothPoint,
    Characteristic,
    EventField,
    Field,
    GattWrite,
    Visit,
)
from config.camera import Camera, CameraCall
from config.catalog import load_class, load_profile, profile_ids
from config.command_map import Argument, CommandMap, Interlock, Write
from config.item import Item, ItemPoint
from config.message import (
    Availability,
    Message,
    MessageEvent,
    MessageField,
    MessagePoint,
    MessageTime,
    Publish,
)
from config.profile import Golden, Identity, LevelPoint, Option, Profile, RegisterPoint, StateCase, StatePoint
from config.transport import Transport

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "writing-a-profile.md").read_text("utf-8")
PROFILES = [load_profile(name) for name in profile_ids()]


def each(*kinds: str) -> pytest.MarkDecorator:
    """Run a test once for every profile of these classes, or of all."""
    chosen = [profile for profile in PROFILES if not kinds or profile.kind in kinds]
    return pytest.mark.parametrize("profile", chosen, ids=[profile.id for profile in chosen])


def ends_by_itself(write: Write) -> bool:
    """Tell whether the board itself takes back what this write does, after the command's seconds."""
    values = write.value if isinstance(write.value, tuple) else (write.value,)
    return any(isinstance(value, Argument) and value.arg == "seconds" for value in values)


@each()
def test_texts_are_in_both_languages_and_the_map_has_a_source(profile: Profile) -> None:
    texts = [profile.product, *profile.notes, *(option.help for option in profile.options.values())]
    for text in texts:
        assert re.search(r"[一-鿿]", text.zh), text
        assert not re.search(r"[一-鿿]", text.en), text
    assert profile.manual
    assert profile.notes or profile.driver != "modbus"


@each()
def test_what_is_plausible_lies_within_the_class(profile: Profile) -> None:
    for point in profile.points:
        known = load_class(profile.kind).point(point.key)
        if point.plausible is not None and known is not None and known.range is not None:
            assert point.plausible[0] < point.plausible[1]
            assert known.range[0] <= point.plausible[0], point.key
            assert point.plausible[1] <= known.range[1], point.key
        numeric = known is not None and known.kind in ("int", "float") and not point.words
        assert not numeric or point.plausible is not None, f"{point.key} has no span of its own"


@each()
def test_commands_are_those_of_the_class_and_read_back_what_is_there(profile: Profile) -> None:
    there = {*profile.keys(), *(point.key for point in profile.points)}
    for name, command in profile.commands.items():
        known = load_class(profile.kind).command(name)
        assert known is not None
        assert command.expect.keys() <= set(command.readback) <= there
        assert command.interlock is None or command.interlock.point in there
        for word, span in command.args.items():
            limits = known.args.get(word)
            assert limits is None or limits.range is None or limits.range[0] <= span.range[0] <= span.range[1]
            assert span.range[0] <= span.default <= span.range[1]


@each("access_door")
def test_a_door_never_depends_on_the_gateway_to_lock_again(profile: Profile) -> None:
    for name, command in profile.commands.items():
        whole_board = all(
            not isinstance(write.address, int) and profile.options[str(write.address.option)].whole_board
            for write in command.writes
        )
        assert whole_board or (name == "pulse_unlock" and all(map(ends_by_itself, command.writes))), name


@each("access_door")
def test_an_opened_door_is_seen_open(profile: Profile) -> None:
    for name, command in profile.commands.items():
        assert command.expect == {"lock_state": "locked" if name == "restore_all_doors" else "unlocked"}


def smashes(command: CommandMap | None) -> bool:
    """Tell whether a close could be sent with a vehicle under the boom."""
    return command is not None and not (
        isinstance(command.interlock, Interlock)
        and (command.interlock.point, command.interlock.allowed) == ("loop_under", (False,))
    )


@each("barrier_gate")
def test_a_boom_is_lowered_only_with_an_empty_loop(profile: Profile) -> None:
    assert not smashes(profile.commands.get("close"))


def test_the_test_of_booms_can_fail() -> None:
    assert smashes(CommandMap(writes=(Write(kind="coil", address=0, value=True),)))


def test_a_module_that_cannot_time_a_pulse_offers_none() -> None:
    assert set(load_profile("door/advantech-adam-6060").commands) == {"release_all_doors", "restore_all_doors"}


def test_the_guide_writes_a_profile_that_is_shipped() -> None:
    example = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)[0]
    assert example == (ROOT / "config/profiles/env/renke-ws-n01.yaml").read_text("utf-8")


PARTS: tuple[type, ...] = (
    Profile, Transport, Option, RegisterPoint, Address, LevelPoint, StatePoint, StateCase, Identity, Interlock,
    CommandMap, Write, Argument, Golden, Item, ItemPoint,
    Message, MessagePoint, MessageField, MessageEvent, MessageTime, Availability, Publish,
    Bluetooth, Advert, Field, BluetoothPoint, BluetoothEvent, EventField, Characteristic, Visit, GattWrite,
    Camera, CameraCall,
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_the_guide_names_every_key(part: type) -> None:
    spans = " ".join(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", GUIDE, flags=re.MULTILINE | re.DOTALL)))
    assert [field.name for field in fields(part) if not re.search(rf"\b{field.name}\b", spans)] == []
