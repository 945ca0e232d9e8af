"""The way to the collector: chunks up and receipts back, a heartbeat beside them, commands down."""

from edge_agent.uplink.api import LinkState, Uplink
from edge_agent.uplink.uplink import CollectorUplink, make_uplink

__all__ = ["CollectorUplink", "LinkState", "Uplink", "make_uplink"]
