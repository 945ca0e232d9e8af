"""The makers' own ways beside ONVIF: streams that a camera is asked for, and calls that it makes to the box."""

from drivers.onvif.vendors.alert_stream import AlertStream
from drivers.onvif.vendors.event_manager import EventManager

__all__ = ["AlertStream", "EventManager"]
