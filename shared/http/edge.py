"""Our own CloudFront before the API, which proves itself by a secret (ORIGIN_SECRET)."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

from shared.http.errors import Forbidden
from shared.runtime.settings import settings

SECRET = "x-origin-secret"  # noqa: S105  the header's name
VIEWER = "cloudfront-viewer-address"  # address:port


def require_cloudfront(event: Mapping[str, Any]) -> None:
    """Rejects calls that bypass CloudFront. Errors: Forbidden."""
    if not _is_from_edge(event):
        raise Forbidden


def viewer_address(event: Mapping[str, Any]) -> str | None:
    """Returns the address that CloudFront saw, if the call came by way of it."""
    if not _is_from_edge(event):
        return None
    address, _, _ = str((event.get("headers") or {}).get(VIEWER, "")).rpartition(":")
    return address.strip("[]") or None


def _is_from_edge(event: Mapping[str, Any]) -> bool:
    """Compares each secret, in a time that reveals nothing of them: there are two while one is replaced."""
    given = str((event.get("headers") or {}).get(SECRET, "")).encode("utf-8", "surrogatepass")
    return any([compare_digest(given, each.encode()) for each in settings().origin_secrets])  # noqa: C419
