"""Draws number plates and the backs of vehicles, since pictures of real ones show people's cars."""

import cv2
import numpy as np

from simulators.rtsp.drawing import GROUNDS, Image, plate, street

__all__ = ["GROUNDS", "Image", "jpeg", "plate", "street", "vehicle"]


def vehicle(number: Image, width: int = 180, turn: float = 0.0, size: tuple[int, int] = (1280, 720)) -> Image:
    """Return a street with a vehicle that carries ``number``, so many pixels wide and turned by so many degrees."""
    scene = street(size)
    left, top = size[0] // 2 - 2 * width, size[1] // 2 - int(1.2 * width)
    cv2.rectangle(scene, (left, top), (left + 4 * width, top + int(2.6 * width)), (70, 65, 62), -1)
    cv2.rectangle(
        scene, (left + width // 2, top + width // 6), (left + 7 * width // 2, top + width), (120, 110, 90), -1
    )
    scale = width / number.shape[1]
    matrix = cv2.getRotationMatrix2D((number.shape[1] / 2, number.shape[0] / 2), turn, scale)
    matrix[:, 2] += np.array([size[0] / 2 - number.shape[1] / 2, top + 1.7 * width - number.shape[0] / 2])
    mask = cv2.warpAffine(np.full(number.shape, 255, np.uint8), matrix, size, flags=cv2.INTER_AREA)
    laid = cv2.warpAffine(cv2.GaussianBlur(number, (0, 0), 0.4 / scale), matrix, size, flags=cv2.INTER_LINEAR)
    return np.where(mask > 127, laid, scene).astype(np.uint8)


def jpeg(image: Image, quality: int = 90) -> bytes:
    """Return ``image`` as a camera would send it."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()
