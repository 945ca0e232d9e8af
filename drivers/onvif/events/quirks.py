"""Where single makers and mountings differ from their own dialect: switches of one device, as data."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple


class Quirks(NamedTuple):
    """What is different about one device.

    ``initial_happens``: what it calls initial state is an alarm (where it says that something is so; that nothing is so
    stays state). ``local_time``: it writes its local time as if it were UTC. ``facing``: see ``vehicles.direction``.
    """

    initial_happens: bool = False
    local_time: bool = False
    facing: Literal["", "in", "out"] = ""


NONE: Final = Quirks()

MAKERS: Final[Mapping[str, Quirks]] = {
    "tp-link c250": Quirks(initial_happens=True),
}
"""By product, in small letters, as known from the field; a technician's word for one device comes before it."""
