"""The album: pictures that cameras gave, kept on the box for a while, and shown to whom they may be."""

from edge_agent.pictures.album import Album
from edge_agent.pictures.desk import PictureDesk

__all__ = ["Album", "PictureDesk"]
