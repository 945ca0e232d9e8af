"""How the store fails, by who must act."""

#   StoreError
#   ├── StoreUnavailable   nothing was stored this time (disk full, locked, connection gone): try again later
#   ├── StoreRefused       this data can never be stored as it is: the caller's data is at fault
#   └── StoreTooNew        the database was written by a newer collector: the operator must upgrade this one


class StoreError(Exception):
    """Root of the tree."""


class StoreUnavailable(StoreError):
    """The database could not do it now; the transaction left no trace."""


class StoreRefused(StoreError):
    """The database will never take these rows; the transaction left no trace."""


class StoreTooNew(StoreError):
    """The database's schema is unknown to this version."""
