"""What the buffer cannot promise, drawn as a tree."""

#   BufferFault
#   ├── BufferInUse    another agent owns the file: the technician must act
#   └── NotDurable     the disk refuses writes now: do nothing that needs a memory


class BufferFault(Exception):
    """Root of the tree."""


class BufferInUse(BufferFault):
    """Another process has this buffer open; ``str(error)`` names the file."""


class NotDurable(BufferFault):
    """Something that had to be on disk before going on is not; ``str(error)`` says why, without values."""
