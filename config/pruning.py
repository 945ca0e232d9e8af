"""What is left of a condition for a device that cannot tell all of it."""

from collections.abc import Callable
from dataclasses import replace

from config.terms import And, Between, Expression, Not, Or


def pruned(tree: Expression, known: Callable[[Expression], bool]) -> Expression | None:
    """Return ``tree`` as far as its parts are ``known``: of an ``or`` the terms that are left, of anything else all or
    nothing (``None``). What is whole stays the same object.
    """
    match tree:
        case Or(terms=terms):
            left = tuple(term for each in terms if (term := pruned(each, known)) is not None)
            if left == terms:
                return tree
            return None if not left else left[0] if len(left) == 1 else replace(tree, terms=left)
        case And(terms=terms):
            every = tuple(term for each in terms if (term := pruned(each, known)) is not None)
            return tree if every == terms else replace(tree, terms=every) if len(every) == len(terms) else None
        case Not(term=term) | Between(term=term):
            inner = pruned(term, known)
            return None if inner is None else tree if inner is term else replace(tree, term=inner)
    return tree if known(tree) else None
