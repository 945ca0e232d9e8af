"""The ONVIF DoorControl and AccessControl services of a station with one door and one access point."""

from collections.abc import Callable

from simulators.onvif.door import TOKEN, Door
from simulators.onvif.host import Host, Operations
from simulators.onvif.pullpoints import seconds_of
from simulators.onvif.soap import NOTHING, Call, Markup, SoapFault, no_such, tag

POINT = "AccessPoint_1"
_ABLE = ("Access", "AccessTimingOverride", "Lock", "Unlock", "Block", "LockDown", "DoorMonitor", "Alarm")


class DoorService:
    """Serves ``door``. Commands that the door's mode forbids are faults, as DoorControl 5.3 has it."""

    def __init__(self, host: Host, door: Door) -> None:
        self._host, self._door = host, door
        self.enabled = True
        deeds: dict[str, Callable[[Call], bool]] = {
            "AccessDoor": self._access,
            "LockDoor": lambda call: door.rest("Locked"),
            "UnlockDoor": lambda call: door.rest("Unlocked"),
            "BlockDoor": lambda call: door.rest("Blocked"),
            "LockDownDoor": lambda call: door.rest("LockedDown"),
            "LockDownReleaseDoor": lambda call: door.release(),
        }
        self.operations: Operations = {
            **{f"tdc:{name}": self._doing(deed) for name, deed in deeds.items()},
            "tdc:GetServiceCapabilities": lambda call: _limits("tdc:Capabilities"),
            "tdc:GetDoorInfoList": self._doors,
            "tdc:GetDoorState": self._state,
            "tac:GetServiceCapabilities": lambda call: _limits("tac:Capabilities"),
            "tac:GetAccessPointInfoList": self._points,
            "tac:GetAccessPointState": self._point_state,
            "tac:EnableAccessPoint": lambda call: self._switch(call, True),
            "tac:DisableAccessPoint": lambda call: self._switch(call, False),
        }

    def _doing(self, deed: Callable[[Call], bool]) -> Callable[[Call], Markup]:
        def done(call: Call) -> Markup:
            self._check_door(call)
            if not deed(call):
                raise SoapFault(
                    f"the door is {self._door.mode}", "ter:Action", "ter:Failed", code="Receiver", status=500
                )
            self._host.command(call, door=TOKEN)
            return NOTHING

        return done

    def _access(self, call: Call) -> bool:
        asked = call.text("tdc:AccessTime")
        return self._door.access(seconds_of(asked, self._host.time(), 0.0) if asked else None)

    def _doors(self, call: Call) -> Markup:
        able = tag("tdc:Capabilities", attributes=dict.fromkeys(_ABLE, "true"))
        parts = (tag("tdc:Name", "Entrance"), tag("tdc:Description", ""), able)
        return tag("tdc:DoorInfo", *parts, attributes={"token": TOKEN})

    def _state(self, call: Call) -> Markup:
        self._check_door(call)
        states = self._door.states
        order = {"DoorPhysicalState": "DoorPhysicalState", "Alarm": "DoorAlarm", "DoorMode": "DoorMode"}
        return tag("tdc:DoorState", *(tag(f"tdc:{name}", states[key]) for name, key in order.items()))

    def _points(self, call: Call) -> Markup:
        parts = (tag("tac:Name", "Entrance"), tag("tac:Entity", TOKEN))
        able = {"DisableAccessPoint": "true", "Duress": "true", "AccessTaken": "true"}
        attributes = {"token": POINT}
        return tag("tac:AccessPointInfo", *parts, tag("tac:Capabilities", attributes=able), attributes=attributes)

    def _point_state(self, call: Call) -> Markup:
        self._check_point(call)
        return tag("tac:AccessPointState", tag("tac:Enabled", str(self.enabled).lower()))

    def _switch(self, call: Call, on: bool) -> Markup:
        self._check_point(call)
        self._host.command(call, point=POINT)
        self.enabled = on
        return NOTHING

    @staticmethod
    def _check_door(call: Call) -> None:
        if call.text("tdc:Token") != TOKEN:
            raise no_such("door", "ter:NotFound")

    @staticmethod
    def _check_point(call: Call) -> None:
        if call.text("tac:Token") != POINT:
            raise no_such("access point", "ter:NotFound")


def _limits(name: str) -> Markup:
    return tag(name, attributes={"MaxLimit": "10"})
