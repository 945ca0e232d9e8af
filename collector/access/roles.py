"""Which role may do what; a viewer may look, at nobody in particular, and nothing else; a manager has a community."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is here for."""

    ADMIN = "admin"
    OPERATOR = "operator"
    MANAGER = "manager"
    VIEWER = "viewer"


class Right(StrEnum):
    """Something that changes the world, or tells of persons, and so is not for everybody."""

    ACKNOWLEDGE = "acknowledge"
    SET_ASIDE = "set_aside"
    COMMAND = "command"
    ENROL = "enrol"
    AUDIT = "audit"
    PERSONAL = "personal"
    LISTS = "lists"


_RIGHTS = {
    Role.ADMIN: frozenset(Right),
    Role.OPERATOR: frozenset(
        {Right.ACKNOWLEDGE, Right.SET_ASIDE, Right.COMMAND, Right.AUDIT, Right.PERSONAL, Right.LISTS}
    ),
    Role.MANAGER: frozenset({Right.AUDIT}),
    Role.VIEWER: frozenset({Right.AUDIT}),
}
_AT_HOME = {Role.MANAGER: frozenset({Right.LISTS, Right.PERSONAL})}


def may(role: str, right: Right, *, at_home: bool = False) -> bool:
    """Tell whether somebody of ``role`` has ``right``; ``at_home``: about the community that the person manages. An
    unknown role has none.
    """
    if role not in list(Role):
        return False
    return right in _RIGHTS[Role(role)] or (at_home and right in _AT_HOME.get(Role(role), ()))
