"""The rows of alarm management: an alert as it stands, what ever happened to it, and what people took out of sight."""

from msgspec import Struct

from wire.reading import Value


class AlertRow(Struct, frozen=True):
    """One alert with its state (``alarms.machine.State``); ``alert`` is the gateway's own id, ``id`` ours.

    ``acknowledged_*`` and ``note`` are of the acknowledgement that counts now; ``first_ack_at`` is when anybody first
    took note. ``waiting_since`` is since when somebody here could have. ``aside_*`` say who put the alert out of sight,
    why, and until when (``None``: until it is brought back). ``flood`` is the id of the flood that it is folded into.
    """

    id: str
    gateway: str
    alert: str
    device: str
    rule: str
    level: str
    state: str
    latched: bool
    since: int
    raised_at: int
    changed_at: int
    received_at: int
    cleared_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str = ""
    note: str = ""
    text: dict[str, str] = {}
    values: dict[str, Value] = {}
    first_ack_at: int | None = None
    reset_at: int | None = None
    reset_by: str = ""
    waiting_since: int = 0
    escalation: int = 0
    escalated_at: int | None = None
    aside_until: int | None = None
    aside_by: str = ""
    aside_note: str = ""
    disposition: str = ""
    flood: str = ""


class ChangeRow(Struct, frozen=True):
    """One thing that happened to an alert (``what`` is an ``alarms.machine.What``), and by whose word (``source``:
    gateway, console, collector). ``until`` ends a shelving; ``since`` to ``values`` are what a gateway told with it.
    """

    at: int
    what: str
    level: str
    who: str = ""
    note: str = ""
    source: str = "gateway"
    until: int = 0
    disposition: str = ""
    since: int = 0
    latched: bool = False
    text: dict[str, str] = {}
    values: dict[str, Value] = {}
    received_at: int = 0


class AsideRow(Struct, frozen=True):
    """A device, or with ``device`` empty a whole gateway, whose alarms nobody is to see: ``kind`` is
    ``out_of_service`` or ``maintenance``; ``until`` is 0 where it lasts until somebody brings it back.
    """

    gateway: str
    device: str
    kind: str
    at: int
    who: str
    note: str
    until: int = 0
