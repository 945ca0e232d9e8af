"""People at the API: the session cookie, who is asking, and what that person may do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from collector.access.logins import Locked, WrongLogin
from collector.access.roles import Right, may
from collector.api import models
from collector.api.errors import ApiError
from collector.api.parts import Parts, address_of, parts_of
from collector.store.records import PersonRow

COOKIE = "linli_session"
"""Name of the cookie that carries a session's token."""

router = APIRouter(tags=["session"])
Lent = Annotated[Parts, Depends(parts_of)]


async def somebody(request: Request, parts: Lent) -> PersonRow:
    """Return the person who is logged in; 401 ``not_logged_in`` otherwise."""
    token = request.cookies.get(COOKIE, "")
    person = await parts.logins.who(token) if token else None
    if person is None:
        raise ApiError(401, "not_logged_in", "log in first")
    return person


Somebody = Annotated[PersonRow, Depends(somebody)]


def need(person: PersonRow, right: Right, gateway: str = "") -> None:
    """Refuse with 403 ``not_allowed`` unless the person has the right, at the community of ``gateway`` where given."""
    if not may(person.role, right, at_home=bool(gateway) and person.community == gateway):
        raise ApiError(403, "not_allowed", f"the role {person.role} may not do this")


@router.post("/session")
async def log_in(order: models.LoginRequest, request: Request, response: Response, parts: Lent) -> models.Session:
    """Open a session; its token comes as a cookie that scripts cannot read."""
    try:
        token, person = await parts.logins.login(order.name, order.password, address_of(request))
    except WrongLogin as error:
        raise ApiError(401, "wrong_login", "name or password is wrong") from error
    except Locked as error:
        raise ApiError(429, "locked", "too many wrong passwords", wait_s=error.wait_s) from error
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/")
    return _session(parts, person)


@router.get("/session")
async def who_am_i(person: Somebody, parts: Lent) -> models.Session:
    """Tell who is logged in, and to what."""
    return _session(parts, person)


@router.delete("/session", status_code=204)
async def log_out(request: Request, response: Response, person: Somebody, parts: Lent) -> None:
    """End the session."""
    await parts.logins.logout(request.cookies[COOKIE], person, address_of(request))
    response.delete_cookie(COOKIE, path="/")


def _session(parts: Parts, person: PersonRow) -> models.Session:
    return models.Session(
        user=models.Person(name=person.name, role=person.role, community=person.community),
        collector=models.Self(name=parts.name, version=parts.version),
    )
