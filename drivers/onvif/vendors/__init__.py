"""The makers' own ways beside ONVIF: streams that a camera is asked for, and calls that it makes to the box."""

from drivers.onvif.vendors.alert_stream import AlertStream
from drivers.onvif.vendors.event_manager import EventManager
from drivers.onvif.vendors.push_door import PushDoor
from drivers.onvif.vendors.recognition import recognise

__all__ = ["AlertStream", "EventManager", "PushDoor", "recognise"]
