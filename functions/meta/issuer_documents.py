"""What the issuer's discovery documents have in common."""

from typing import Any

from meta.security_headers import SECURITY_HEADERS


def document(event: dict[str, Any], content: str) -> dict[str, Any]:
    """The answer (payload format 2.0) that shows the JSON `content`, for anyone to keep for 5 minutes."""
    return {
        "statusCode": 200,
        "headers": {
            "content-type": "application/json",
            "cache-control": "public, max-age=300",
            "x-request-id": event["requestContext"]["requestId"],
            **SECURITY_HEADERS,
        },
        "body": content,
    }
