"""The common part of the issuer's discovery documents."""

from typing import Any

# As in shared/http/event.py, whose import would cost the libraries that it imports.
SECURITY_HEADERS = {"strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff"}


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
