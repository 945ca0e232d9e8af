"""The errors of this package, drawn as a tree; a rule's own mistakes are found earlier, when the file is loaded."""

#   RuleError
#   └── RuleStateError   remembered bytes that are not a state of this engine: start without them


class RuleError(Exception):
    """Root of the tree."""


class RuleStateError(RuleError):
    """The bytes are not a state that ``RuleSet.state`` wrote, or a newer version wrote them."""
