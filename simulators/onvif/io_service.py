"""Relays and inputs: the ONVIF DeviceIO service, and the older operations of the Device service that do the same."""

from collections.abc import Callable

from simulators.onvif.host import Host, Operations
from simulators.onvif.pullpoints import seconds_of
from simulators.onvif.relay import Relay
from simulators.onvif.soap import NOTHING, Call, Markup, SoapFault, join, no_such, tag

_STATES = {"active": True, "inactive": False}


class IoService:
    """``relays`` by token; ``inputs`` are the tokens of what can be pressed or closed."""

    def __init__(self, host: Host, relays: dict[str, Relay], inputs: tuple[str, ...]) -> None:
        self._host, self._relays, self._inputs = host, relays, inputs
        both: dict[str, Callable[[Call], Markup]] = {
            "GetRelayOutputs": self._list,
            "SetRelayOutputState": self._set,
            "SetRelayOutputSettings": self._settings,
        }
        self.operations: Operations = {
            **{f"{prefix}:{name}": done for prefix in ("tds", "tmd") for name, done in both.items()},
            "tmd:GetDigitalInputs": self._list_inputs,
        }

    def _list(self, call: Call) -> Markup:
        name = f"{call.name.partition(':')[0]}:RelayOutputs"
        return join(*(_relay(name, relay) for relay in self._relays.values()))

    def _list_inputs(self, call: Call) -> Markup:
        return join(*(tag("tmd:DigitalInputs", attributes={"token": token}) for token in self._inputs))

    def _set(self, call: Call) -> Markup:
        prefix = call.name.partition(":")[0]
        relay = self._relay(call.text(f"{prefix}:RelayOutputToken"))
        state = call.text(f"{prefix}:LogicalState")
        if state not in _STATES:
            raise SoapFault("no state of a relay", "ter:InvalidArgVal")
        self._host.command(call, relay=relay.token, state=state)
        relay.set(_STATES[state])
        return NOTHING

    def _settings(self, call: Call) -> Markup:
        if call.name.startswith("tmd"):
            output = call.body.find("{*}RelayOutput")
            token = "" if output is None else output.get("token", "")
        else:
            token = call.text("tds:RelayOutputToken")
        relay = self._relay(token)
        mode = call.body.findtext(".//{*}Mode", "").strip()
        if mode not in ("Monostable", "Bistable"):
            raise SoapFault("no mode of a relay", "ter:InvalidArgVal", "ter:ModeError")
        delay_s = seconds_of(call.body.findtext(".//{*}DelayTime", "").strip(), 0, relay.delay_s)
        self._host.command(call, relay=relay.token, mode=mode, delay_s=delay_s)
        relay.mode, relay.delay_s = ("Monostable" if mode == "Monostable" else "Bistable"), delay_s
        return NOTHING

    def _relay(self, token: str) -> Relay:
        if token not in self._relays:
            raise no_such("relay", "ter:RelayToken")
        return self._relays[token]


def _relay(name: str, relay: Relay) -> Markup:
    parts = (("Mode", relay.mode), ("DelayTime", f"PT{relay.delay_s:g}S"), ("IdleState", "open"))
    properties = tag("tt:Properties", *(tag(f"tt:{key}", text) for key, text in parts))
    return tag(name, properties, attributes={"token": relay.token})
