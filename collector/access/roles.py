"""Which role may do what; a viewer may look, at nobody in particular, and nothing else."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is here for."""

    ADMIN = "admin"
    OPERATOR = "operator"
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
    Role.VIEWER: frozenset({Right.AUDIT}),
}


def may(role: str, right: Right) -> bool:
    """Tell whether somebody of ``role`` has ``right``; an unknown role has none."""
    return role in list(Role) and right in _RIGHTS[Role(role)]
