"""The security headers of shared/http/event.py, for the functions here that import no shared code."""

SECURITY_HEADERS = {"strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff"}
