"""The person at the console, as the demonstration and the tests need one: logs in, looks, and opens a door."""

import time
from types import TracebackType
from typing import Any, Self

import httpx

FINAL_STATES = frozenset({"executed", "refused", "expired", "unknown"})
"""A command in one of these is over."""


class Console:
    """A logged-in session with a collector's console API; ``httpx.HTTPError`` for anything it refuses."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._name, self._password = name, password
        self.log_in()

    def log_in(self) -> None:
        """Begin a session (again)."""
        answer = self._client.post("/api/v1/session", json={"name": self._name, "password": self._password})
        answer.raise_for_status()

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below ``/api/v1``."""
        answer = self._client.get(f"/api/v1{path}", params=params)
        answer.raise_for_status()
        return answer.json()

    def picture(self, gateway: str, reference: str) -> bytes:
        """Return the picture that something refers to, fetched from its gateway."""
        answer = self._client.get(f"/api/v1/pictures/{gateway}/{reference}", timeout=20)
        answer.raise_for_status()
        return answer.content

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON and return the answer's."""
        answer = self._client.post(f"/api/v1{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def order(self, gateway: str, device: str, name: str, args: dict[str, Any], reason: str) -> dict[str, Any]:
        """Ask for a command and return its record."""
        body = {"gateway": gateway, "device": device, "name": name, "args": args, "reason": reason}
        record: dict[str, Any] = self.post("/commands", body)
        return record

    def outcome(self, command: str, deadline_s: float = 40.0) -> dict[str, Any]:
        """Return the record of a command when it is over, or as it is at the deadline."""
        end = time.monotonic() + deadline_s
        while True:
            record: dict[str, Any] = self.get(f"/commands/{command}")
            if record["state"] in FINAL_STATES or time.monotonic() > end:
                return record
            time.sleep(0.1)

    def readings(self, gateway: str, device: str, point: str) -> list[tuple[int, Any, int]]:
        """Return every stored reading of a point, in order of time."""
        found: list[tuple[int, Any, int]] = []
        params: dict[str, Any] = {"point": point, "limit": 2000}
        while True:  # a page holds the newest that fit
            page = self.get(f"/devices/{gateway}/{device}/readings", **params)
            found = [(at, value, quality) for at, value, quality, *_ in page["items"]] + found
            if not page["truncated"]:
                return found
            params["to"] = found[0][0]

    def events(self, gateway: str, name: str) -> list[dict[str, Any]]:
        """Return every stored event of this name, newest first."""
        found: dict[str, dict[str, Any]] = {}
        params: dict[str, Any] = {"name": name, "limit": 1000, "from": 0}
        while True:  # pages overlap by one instant
            page = self.get(f"/gateways/{gateway}/events", **params)
            found |= {event["id"]: event for event in page["items"]}
            if not page["truncated"]:
                return list(found.values())
            params["to"] = page["items"][-1]["at"] + 1

    def alerts(self) -> list[dict[str, Any]]:
        """Return every alert there ever was, newest first."""
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"state": "all", "limit": 200}
        while True:
            page = self.get("/alerts", **params)
            found += page["items"]
            if page["next_before"] is None:
                return found
            params["before"] = page["next_before"]

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
