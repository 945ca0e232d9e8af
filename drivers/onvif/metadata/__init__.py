"""The metadata stream of a camera (ONVIF Streaming Specification): RTSP spoken by hand, for documents and no video."""

from drivers.onvif.metadata.stream import MetadataStream

__all__ = ["MetadataStream"]
