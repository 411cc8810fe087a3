"""SnapStart hooks: each module renews what environments restored from one snapshot must not share.

Source: Lambda developer guide, "Lambda SnapStart runtime hooks for Python".
"""

import random
from collections.abc import Callable

type Hook = Callable[[], None]

_before_snapshot: list[Hook] = []
_after_restore: list[Hook] = [random.seed]


def before_snapshot(hook: Hook) -> Hook:
    """Decorates a function that the runtime calls before it takes the snapshot."""
    _before_snapshot.append(hook)
    return hook


def after_restore(hook: Hook) -> Hook:
    """Decorates a function that the runtime calls in each restored environment."""
    _after_restore.append(hook)
    return hook


def register_hooks() -> None:
    """Registers the hooks, if the runtime supports SnapStart."""
    try:
        from snapshot_restore_py import register_after_restore, register_before_snapshot
    except ImportError:
        return
    register_before_snapshot(lambda: _call(_before_snapshot))
    register_after_restore(lambda: _call(_after_restore))


def _call(hooks: list[Hook]) -> None:
    for hook in hooks:
        hook()
