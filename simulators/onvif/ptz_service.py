"""The ONVIF PTZ service as far as presets go: a camera that turns to one of them."""

from simulators.onvif.host import Host, Operations
from simulators.onvif.media_service import PROFILES
from simulators.onvif.soap import NOTHING, Call, Markup, join, no_such, tag

PRESETS = {"1": "Gate", "2": "Street"}


class PtzService:
    """``preset`` is where it looks."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.preset = "1"
        self.operations: Operations = {"tptz:GetPresets": self._list, "tptz:GotoPreset": self._turn}

    def _list(self, call: Call) -> Markup:
        _check_profile(call)
        named = PRESETS.items()
        return join(*(tag("tptz:Preset", tag("tt:Name", name), attributes={"token": token}) for token, name in named))

    def _turn(self, call: Call) -> Markup:
        _check_profile(call)
        if (token := call.text("tptz:PresetToken")) not in PRESETS:
            raise no_such("preset", "ter:NoToken")
        self._host.command(call, preset=token)
        self.preset = token
        return NOTHING


def _check_profile(call: Call) -> None:
    if call.text("tptz:ProfileToken") not in PROFILES:
        raise no_such("profile", "ter:NoProfile")
