"""Who calls, by address: what the gateway saw, never what a caller may write into a header."""

import socket
from collections.abc import Mapping
from typing import Any

from shared.http.errors import Forbidden
from shared.runtime.settings import settings

VIEWER = "cloudfront-viewer-address"  # address:port
IPV4_IN_IPV6 = bytes(10) + b"\xff\xff"


def require_cloudfront(event: Mapping[str, Any]) -> None:
    """Where the API is behind our own CloudFront, nobody comes past it. Errors: Forbidden."""
    if settings().origin_secrets and not _is_from_edge(event):
        raise Forbidden


def caller_address(event: Mapping[str, Any]) -> str:
    """IPv4 as it is, IPv6 by its /64, which one caller has whole. `::ffff:192.0.2.1` is 192.0.2.1."""
    address = _viewer(event) or event["requestContext"]["http"]["sourceIp"]
    try:
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return str(address)
    if packed.startswith(IPV4_IN_IPV6):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed[:8] + bytes(8)) + "/64"


def _viewer(event: Mapping[str, Any]) -> str | None:
    """Whom CloudFront saw, where the request proves that it comes from ours."""
    if not settings().origin_secrets or not _is_from_edge(event):
        return None
    address, _, _ = str((event.get("headers") or {}).get(VIEWER, "")).rpartition(":")
    return address.strip("[]") or None


def _is_from_edge(event: Mapping[str, Any]) -> bool:
    from shared.http.edge import is_from_edge  # which nothing loads where there is no edge

    return is_from_edge(event)
