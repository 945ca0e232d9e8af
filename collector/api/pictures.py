"""REST of one picture: fetched from its gateway while the asker waits; who may not see persons gets it masked."""

from fastapi import APIRouter, Request, Response

from collector.access.roles import Right, may
from collector.api import models
from collector.api.errors import ApiError
from collector.api.parts import address_of
from collector.api.people import Lent, Somebody
from collector.pictures.desk import PictureRefused

router = APIRouter(tags=["fleet"])
_JPEG = "image/jpeg"

_SAID = {
    "no_such_gateway": (404, "there is no such gateway"),
    "no_such_picture": (404, "this is no picture's reference"),
    "picture_gone": (404, "it was never there, has not come yet, or was kept for as long as this gateway keeps any"),
    "pictures_not_kept": (404, "this gateway keeps no pictures"),
    "cannot_mask": (403, "it may be seen masked only, and this gateway cannot mask it"),
    "gateway_offline": (409, "the gateway does not hear commands now"),
    "not_supported": (409, "the gateway's software is too old for it"),
    "too_large": (409, "it is too large for the way from this gateway"),
    "gateway_busy": (503, "too many ask this gateway for pictures; try again"),
    "busy": (503, "too many pictures are being asked for; try again"),
    "picture_late": (504, "the gateway sent nothing in time"),
    "picture_broken": (502, "what the gateway sent is no picture"),
}
_HEADERS = {
    "Linli-Masked": {
        "description": "`no`; `role`: the asker may not see persons; `gateway`: it is kept so",
        "schema": {"type": "string"},
    },
    "Linli-Taken-At": {"description": "µs since the epoch", "schema": {"type": "integer"}},
}


@router.get(
    "/pictures/{gateway}/{reference}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "the picture", "headers": _HEADERS},
        **{status: {"model": models.Problem} for status in sorted({status for status, _ in _SAID.values()})},
    },
)
async def look(gateway: str, reference: str, request: Request, person: Somebody, parts: Lent) -> Response:
    """Show the picture that an event or an alert refers to (``picture``), or a command's readback; every look is
    audited. 404 ``picture_gone``, 409 ``gateway_offline``, 504 ``picture_late`` after 15 s, and others.
    """
    try:
        found = await parts.pictures.look(person, gateway, reference, address_of(request))
    except PictureRefused as refusal:
        status, detail = _SAID[refusal.word]
        raise ApiError(status, refusal.word, detail) from refusal
    masked = "no" if not found.masked else "gateway" if may(person.role, Right.PERSONAL) else "role"
    return Response(found.data, headers={"Linli-Masked": masked, "Linli-Taken-At": str(found.at)}, media_type=_JPEG)
