"""What ``collector run`` is told about an MQTT broker: its address, a name there, a password that is never typed."""

import os
from pathlib import Path

from collector.spoken import fail, say
from runtime.broker import Broker, broker_at

PASSWORD_VARIABLE = "LINLI_MQTT_PASSWORD"  # noqa: S105 - the name of one
"""Environment variable that may hold the password."""


def broker_of(url: str, username: str, password_file: Path | None) -> Broker | None:
    """Return the broker, ``None`` where none is wanted; ends the program with a word about what is wrong with it."""
    if not url:
        return None
    password = os.environ.get(PASSWORD_VARIABLE, "")
    if password_file is not None:
        try:
            password = password_file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            fail(say(f"{password_file}: 读不了 MQTT 密码 ({error})", f"{password_file}: no MQTT password ({error})"))
    try:
        return broker_at(url, username, password)
    except ValueError as error:
        fail(say(f"--mqtt: 地址写成 mqtt://主机:端口 或 mqtts://主机:端口 ({error})", f"--mqtt: {error}"))
