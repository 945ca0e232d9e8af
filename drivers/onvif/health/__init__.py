"""Whether a camera really looks: its picture judged, clock, rate and recordings asked for; importing it is cheap."""

from drivers.onvif.health.watch import HealthWatch

__all__ = ["HealthWatch"]
