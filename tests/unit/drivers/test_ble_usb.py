"""Which device node an adapter's hardware hangs on, and what is said where it cannot be reset."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from drivers.api import LineLost, NotSupported
from drivers.ble.usb import USBDEVFS_RESET, node_of, reset


def adapter(sysfs: Path, *, bus: str, device: str) -> None:
    """Let the kernel know ``hci0`` on this bus, as it shows it."""
    (sysfs / "bus" / bus).mkdir(parents=True)
    place = sysfs / "devices" / device
    place.mkdir(parents=True)
    (place / "subsystem").symlink_to(sysfs / "bus" / bus)
    known = sysfs / "class/bluetooth/hci0"
    known.mkdir(parents=True)
    (known / "device").symlink_to(place)


def test_a_dongle_is_found_by_its_interface(tmp_path: Path) -> None:
    adapter(tmp_path, bus="usb", device="usb1/1-2/1-2:1.0")
    dongle = tmp_path / "devices/usb1/1-2"
    (dongle / "busnum").write_text("1\n", "ascii")
    (dongle / "devnum").write_text("7\n", "ascii")
    assert node_of("hci0", tmp_path, Path("/nodes")) == Path("/nodes/001/007")


def test_a_chip_on_the_board_cannot_be_reset(tmp_path: Path) -> None:
    adapter(tmp_path, bus="serial", device="soc/serial0-0")
    with pytest.raises(NotSupported, match="not on USB"):
        node_of("hci0", tmp_path)


def test_a_place_on_usb_that_is_not_told_cannot_be_reset(tmp_path: Path) -> None:
    adapter(tmp_path, bus="usb", device="usb1/1-2/1-2:1.0")
    with pytest.raises(NotSupported, match="nobody knows where"):
        node_of("hci0", tmp_path)


def test_an_adapter_that_is_gone_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(LineLost, match="hci3"):
        node_of("hci3", tmp_path)


def test_the_kernel_is_asked_for_a_reset_and_the_node_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "007"
    node.touch()
    asked: list[int] = []

    def ioctl(handle: int, request: int, _: int) -> int:
        assert os.fstat(handle).st_ino == node.stat().st_ino
        asked.append(request)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    before = len(os.listdir("/proc/self/fd"))
    reset(node)
    assert asked == [USBDEVFS_RESET] == [0x5514]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_is_no_device_says_so(tmp_path: Path) -> None:
    node = tmp_path / "007"
    node.touch()
    with pytest.raises(NotSupported, match="does not let itself be reset"):
        reset(node)


def test_a_device_that_left_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(LineLost, match="cannot be opened"):
        reset(tmp_path / "008")


@pytest.mark.parametrize(("number", "error"), [(errno.EACCES, NotSupported), (errno.EPERM, NotSupported)])
def test_a_right_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    def refused(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(error, match="a right of its own"):
        reset(tmp_path / "007")


def test_a_kernel_that_cannot_do_it_may_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(*_: object) -> int:
        raise OSError(errno.ENODEV, "No such device")

    node = tmp_path / "007"
    node.touch()
    monkeypatch.setattr(fcntl, "ioctl", failed)
    with pytest.raises(LineLost, match="could not be reset"):
        reset(node)
