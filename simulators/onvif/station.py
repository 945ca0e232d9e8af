"""A door station: a camera with a bell, a reader for cards, and a door that it lets people through."""

from typing import Any, ClassVar

from simulators.onvif.camera import SERVICES, Camera
from simulators.onvif.device import Body
from simulators.onvif.door import TOKEN, Door, How
from simulators.onvif.door_service import POINT, DoorService
from simulators.onvif.events import access, alarm, state


class DoorStation(Camera):
    """``people`` are those who showed a card or were refused. The relay releases the strike, like DoorControl."""

    model: ClassVar[str] = "onvif-door-station"
    deeds: ClassVar[frozenset[str]] = Camera.deeds | {
        "ring",
        "let_go",
        "show_card",
        "show_unknown_card",
        "signal_duress",
        "open_door",
        "close_door",
    }

    def __init__(self, body: Body, *, access_s: float = 5.0, too_long_s: float = 30.0, relay_s: float = 1.0) -> None:
        super().__init__(body, (*SERVICES, "tdc", "tac"), relay_s=relay_s)
        self.people: list[dict[str, Any]] = []
        self.door = Door(body.clock, self.timers, self._door_says, access_s=access_s, too_long_s=too_long_s)
        self._service = DoorService(self, self.door)
        self.serve(self._service.operations)
        self._say("bell", False)
        for what, now in self.door.states.items():
            self._door_says(what, now)

    def ring(self) -> None:
        """Press the bell."""
        self.publish(alarm(self.maker, "bell", True))

    def let_go(self) -> None:
        """Let the bell go."""
        self.publish(alarm(self.maker, "bell", False))

    def show_card(self, card: str, holder: str, enters: bool = True) -> bool:
        """Hold a known card to the reader; returns whether it was granted. ``enters``: the holder goes in."""
        granted = self._service.enabled and self.door.access()
        self._met(card, granted)
        data = {"CredentialToken": card, "CredentialHolderName": holder}
        if not granted:
            self.publish(access("Denied/Credential", POINT, **data, Reason="Other"))
            return False
        self.publish(access("AccessGranted/Credential", POINT, **data))
        if enters:
            self.publish(access("AccessTaken/Credential", POINT, **data))
            self.door.open()
        return True

    def show_unknown_card(self, card: str) -> None:
        """Hold a card to the reader that it does not know."""
        self._met(card, granted=False)
        self.publish(access("Denied/CredentialNotFound/Card", POINT, Card=card))

    def signal_duress(self, card: str) -> None:
        """Let the holder of ``card`` say that somebody forces them."""
        self.publish(access("Duress", POINT, CredentialToken=card, Reason="Other"))

    def open_door(self, how: How = "unlocked") -> bool:
        """Pull the door, or break it open; returns whether it is open."""
        return self.door.open(how)

    def close_door(self) -> None:
        """Let it fall shut."""
        self.door.close()

    def truth(self) -> dict[str, Any]:
        """Return who came and what became of the door besides."""
        return {**super().truth(), "people": [dict(one) for one in self.people], "door": self.door.truth()}

    def _met(self, card: str, granted: bool) -> None:
        self.people.append({"at": self.body.clock.now(), "card": card, "granted": granted})

    def _switched(self, active: bool) -> None:
        super()._switched(active)
        if active:
            self.door.access(self.relay.delay_s if self.relay.mode == "Monostable" else None)

    def _door_says(self, what: str, now: str) -> None:
        self.publish(state(f"tns1:Door/State/{what}", TOKEN, now))
