"""What can go wrong with a radio beside the tree of ``drivers.api``."""

from drivers.api.errors import DeviceMustRecover


class NoSlot(DeviceMustRecover):
    """The adapter holds as many connections as it can; another has to end first."""

    word = "no_slot"
