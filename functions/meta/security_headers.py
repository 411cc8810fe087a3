"""The headers of shared/http/event.py for the plain handlers, which import no shared code."""

SECURITY_HEADERS = {"strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff"}
