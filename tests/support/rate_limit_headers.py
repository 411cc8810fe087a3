"""Parses the rate limit's headers of an answer."""

import re
from collections.abc import Mapping

from shared.redis.sliding_windows import WINDOW


def left(headers: Mapping[str, str]) -> int:
    """Returns the remaining calls of the window. On a busy machine some of its seconds may have passed."""
    said = re.fullmatch(r'"default";r=(\d+);t=(\d+)', headers["ratelimit"])
    assert said, headers
    assert WINDOW / 2 < int(said[2]) <= WINDOW
    assert headers.get("retry-after") in (None, said[2])
    return int(said[1])
