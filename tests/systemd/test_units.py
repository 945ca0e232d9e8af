"""The units, users, folders and device names are what systemd accepts, and leave the programs little to misuse."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.systemd.units import SYSTEMD, UNITS, needs_systemd, value, values, with_program

MOST_EXPOSURE = 2.5
MATCH = re.compile(
    r'(?:ACTION|SUBSYSTEMS?|KERNELS?|DRIVERS?|ENV\{[.\w]+\}|ATTR\{\w+\}|SYMLINK|GROUP|MODE|GOTO|LABEL)(?:==|!=|\+=|=)"[^"]*"'
)
"""One word of a udev rule, with the keys that ours need."""

every_unit = pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _users() -> set[str]:
    return set(re.findall(r"^u (\S+)", (SYSTEMD / "linli.sysusers.conf").read_text("utf-8"), re.MULTILINE))


@needs_systemd
@every_unit
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    assert _run("systemd-analyze", "verify", "--man=no", str(with_program(unit, tmp_path))) == ""


@needs_systemd
@every_unit
def test_little_is_exposed(unit: Path, tmp_path: Path) -> None:
    said = _run("systemd-analyze", "security", "--no-pager", "--offline=true", str(with_program(unit, tmp_path)))
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert exposure is not None, said
    assert float(exposure[1]) <= MOST_EXPOSURE, said


@every_unit
def test_it_is_watched_and_always_started_again(unit: Path) -> None:
    assert value(unit, "Type") == "notify"
    assert value(unit, "Restart") == "always"
    assert value(unit, "StartLimitIntervalSec") == "0"
    assert int(value(unit, "WatchdogSec")) == 30


@every_unit
def test_the_program_writes_where_its_unit_lets_it(unit: Path) -> None:
    words = value(unit, "ExecStart").split()
    assert f"/var/lib/{value(unit, 'StateDirectory')}" in words
    assert value(unit, "User") == value(unit, "Group")
    assert value(unit, "User") in _users()


def test_only_the_program_that_reloads_is_told_to() -> None:
    assert value(UNITS["edge-agent"], "ExecReload") == "/bin/kill -HUP $MAINPID"
    assert values(UNITS["collector"], "ExecReload") == []


def test_only_the_agent_reaches_devices_and_only_serial_lines() -> None:
    agent, collector = UNITS["edge-agent"], UNITS["collector"]
    assert value(agent, "DevicePolicy") == value(collector, "DevicePolicy") == "closed"
    assert all(re.fullmatch(r"char-tty[A-Z]+ rw", line) for line in values(agent, "DeviceAllow"))
    assert value(agent, "SupplementaryGroups") == "dialout"
    assert values(collector, "DeviceAllow") == values(collector, "SupplementaryGroups") == []


def test_the_drivers_of_serial_adapters_are_there_before_their_devices_are_allowed() -> None:
    """The kernel names a kind of device (``char-ttyUSB``) only while its driver is loaded."""
    needed = {"modprobe@usbserial.service", "modprobe@cdc_acm.service"}
    for key in ("Wants", "After"):
        assert needed <= set(" ".join(values(UNITS["edge-agent"], key)).split())


@needs_systemd
def test_the_users_are_made_and_cannot_log_in(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    _run("systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "linli.sysusers.conf"))
    made = [line.split(":") for line in (tmp_path / "etc/passwd").read_text("utf-8").splitlines()]
    shells = {fields[0]: fields[6] for fields in made}
    assert {name: shells[name] for name in _users()} == dict.fromkeys(_users(), "/usr/sbin/nologin")


@needs_systemd
def test_the_folders_are_made_and_secrets_are_shut(tmp_path: Path) -> None:
    lines = (SYSTEMD / "linli.tmpfiles.conf").read_text("utf-8")
    owners = set(re.findall(r"^[dZ] \S+ +\S+ +(\S+)", lines, re.MULTILINE))
    assert owners == {"root", *_users()}
    mine = tmp_path / "linli.conf"  # the folders are given to whoever runs the test: only root can give them away
    mine.write_text(re.sub(rf"\b({'|'.join(owners)})\b +\1\b", f"{os.getuid()} {os.getgid()}", lines), encoding="utf-8")
    root = tmp_path / "root"
    secrets = root / "etc/linli/secrets"
    secrets.mkdir(parents=True)
    (secrets / "camera").write_text("word\n", encoding="utf-8")
    (secrets / "camera").chmod(0o644)
    _run("systemd-tmpfiles", "--create", f"--root={root}", str(mine))
    found = {str(path.relative_to(root)): path.stat().st_mode & 0o777 for path in root.rglob("*")}
    assert found["etc/linli/secrets/camera"] == 0o600
    assert found["etc/linli"] == 0o755
    for shut in ("etc/linli/secrets", "var/lib/linli/agent", "var/lib/linli/collector"):
        assert found[shut] == 0o700


def test_the_device_rules_are_well_formed_and_the_agent_may_open_what_they_name() -> None:
    lines = (SYSTEMD / "99-linli-serial.rules").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for rule in rules:
        assert all(MATCH.fullmatch(word) for word in rule.split(", ")), rule
    text = "\n".join(rules)
    assert set(re.findall(r'GOTO="(\w+)"', text)) == set(re.findall(r'LABEL="(\w+)"', text))
    names = re.findall(r'SYMLINK\+="([^"]+)"', text)
    assert names
    assert all(name.startswith("linli/") for name in names)
    assert re.findall(r'GROUP="(\w+)"', text) == values(UNITS["edge-agent"], "SupplementaryGroups")
    allowed = " ".join(values(UNITS["edge-agent"], "DeviceAllow"))
    assert all(f"char-{kind} rw" in allowed for kind in set(re.findall(r"tty[A-Z]+", text)))
