"""A word with systemd: ready, alive, stopping (sd_notify(3)); silence where no service manager listens."""

import os
import socket


class Notifier:
    """Sends datagrams to ``$NOTIFY_SOCKET``; does nothing when it is not set. Never raises and never waits: what a
    manager too busy to read has no room for goes along with the next word.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._environment = dict(os.environ) if environment is None else environment
        self._owed: dict[str, str] = {}

    def ready(self) -> None:
        """Tell that start-up is done."""
        self._send("READY=1")

    def watchdog(self) -> None:
        """Tell that the program is alive; call at half of ``watchdog_period_s`` or more often."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the program has begun to stop."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Set the one line that ``systemctl status`` shows."""
        self._send("STATUS=" + text.replace("\n", " "))

    def watchdog_period_s(self) -> float | None:
        """Return the seconds within which systemd wants a sign of life, ``None`` if it wants none of us."""
        period = self._environment.get("WATCHDOG_USEC", "")
        pid = self._environment.get("WATCHDOG_PID", "")
        if not period.isdigit() or int(period) == 0 or (pid and pid != str(os.getpid())):
            return None
        return int(period) / 1_000_000

    def _send(self, message: str) -> None:
        path = self._environment.get("NOTIFY_SOCKET", "")
        if not path:
            return
        address = "\0" + path[1:] if path.startswith("@") else path
        self._owed[message.partition("=")[0]] = message
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        with socket.socket(socket.AF_UNIX, kind) as channel:
            try:
                channel.connect(address)
                channel.send("\n".join(self._owed.values()).encode())
            except BlockingIOError:
                self._owed.pop("WATCHDOG", None)  # a sign of life is worth nothing later
            except OSError:
                self._owed.clear()
            else:
                self._owed.clear()
