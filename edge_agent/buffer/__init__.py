"""What was seen and not yet receipted by the collector: one SQLite file, one writer thread, chunks as sent."""

from edge_agent.buffer.buffer import Buffer
from edge_agent.buffer.errors import BufferFault, BufferInUse, NotDurable
from edge_agent.buffer.stats import AcceptedCommand, BufferState, Stats

__all__ = ["AcceptedCommand", "Buffer", "BufferFault", "BufferInUse", "BufferState", "NotDurable", "Stats"]
