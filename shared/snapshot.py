"""SnapStart: what environments restored from one snapshot must not share.

Source: Lambda developer guide, "Lambda SnapStart runtime hooks for Python".
"""

import random

from shared.database import close_connections
from shared.database_login import forget_credentials


def register_hooks() -> None:
    """Have the runtime call the two functions below, where it knows SnapStart."""
    try:
        from snapshot_restore_py import register_after_restore, register_before_snapshot
    except ImportError:
        return
    register_before_snapshot(before_snapshot)
    register_after_restore(after_restore)


def before_snapshot() -> None:
    close_connections()


def after_restore() -> None:
    close_connections()
    forget_credentials()
    random.seed()
