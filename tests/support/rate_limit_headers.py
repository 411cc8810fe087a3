"""What an answer says of its caller's limit."""

import re
from collections.abc import Mapping

from shared.redis.sliding_windows import WINDOW


def left(headers: Mapping[str, str]) -> int:
    """Calls of the window that are left. Of its seconds a busy machine may have seen some pass."""
    said = re.fullmatch(r'"default";r=(\d+);t=(\d+)', headers["ratelimit"])
    assert said, headers
    assert WINDOW / 2 < int(said[2]) <= WINDOW
    assert headers.get("retry-after") in (None, said[2])
    return int(said[1])
