"""Every error that a client can meet, and the one place that renders them.

    ApiError                        what a route raises; a subclass has its status, code and message
    ├── InvalidJson             400 invalid_json
    ├── InvalidCursor           400 invalid_cursor
    ├── AlreadyExists           400 <field>_exists
    ├── Unauthorized            401 unauthorized, and what sign-in refuses
    │   └── InvalidToken            an access token was refused
    ├── Forbidden               403 forbidden
    ├── InsufficientScope       403 insufficient_scope, with WWW-Authenticate
    ├── UserInactive            403 user_inactive
    ├── NotFound                404 <resource>_not_found
    ├── MethodNotAllowed        405 method_not_allowed
    ├── IdempotencyInProgress   409 idempotency_in_progress
    ├── PreconditionFailed      412 precondition_failed
    ├── PayloadTooLarge         413 payload_too_large
    ├── UnsupportedMediaType    415 unsupported_media_type
    ├── ValidationFailed        422 validation_error, with details.errors
    ├── ReferenceNotFound       422 <resource>_not_found, named in a body
    ├── IdempotencyKeyReused    422 idempotency_key_reused
    ├── RateLimited             429 rate_limited, with Retry-After
    ├── InternalError           500 internal_error
    ├── DatabaseFailure         500 database_error
    └── ServiceUnavailable      503 service_unavailable, with Retry-After
        ├── LockTimeout             the database's lock_timeout passed
        └── RetryRequest            nothing is kept, and run again at once it may succeed
            ├── Conflict                with another transaction
            └── ReplicaFailure          of a server that only reads; the writer is asked then

Anything else that escapes a route becomes one of these in `as_api_error`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.http.action import Action

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

MAX_REPORTED_ERRORS = 20
MAX_NAME_LENGTH = 100


def in_words(name: str) -> str:
    """due_date → Due date"""
    return name.replace("_", " ").capitalize()


class ApiError(Exception):
    status = 500
    code = "internal_error"
    message = "Internal server error"

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or self.message
        self.details = details
        self.headers = dict(headers or {})
        super().__init__(self.message)

    @property
    def log_message(self) -> str:
        return self.message


class InvalidJson(ApiError):
    status, code, message = 400, "invalid_json", "The body is not valid JSON"


class InvalidCursor(ApiError):
    status, code, message = 400, "invalid_cursor", "The cursor is not valid for this list"


class AlreadyExists(ApiError):
    status = 400

    def __init__(self, field: str, name: str | None = None) -> None:
        """`name`: what people call the field, where it is not the same word."""
        self.code = f"{field}_exists"
        super().__init__(f"{name or in_words(field)} exists")


class Unauthorized(ApiError):
    status, code, message = 401, "unauthorized", "A bearer token is required"

    def __init__(self, message: str | None = None, challenge: str = "Bearer") -> None:
        # RFC 6750, section 3: no error code where no token came.
        super().__init__(message, headers={"WWW-Authenticate": challenge})


class InvalidToken(Unauthorized):
    def __init__(self, message: str = "Token verification failed") -> None:
        super().__init__(message, f'Bearer error="invalid_token", error_description="{message}"')


class Forbidden(ApiError):
    status, code, message = 403, "forbidden", "Not allowed"


class InsufficientScope(ApiError):
    status, code, message = 403, "insufficient_scope", "The service's token lacks the scope of this route"

    def __init__(self, scope: str | None = None) -> None:
        """`scope`: what the route asks for; None for a route that no service may call."""
        # RFC 6750, section 3.1.
        asked = f', scope="{scope}"' if scope else ""
        super().__init__(headers={"WWW-Authenticate": f'Bearer error="insufficient_scope"{asked}'})


class UserInactive(ApiError):
    status, code, message = 403, "user_inactive", "User is not active"


class NotFound(ApiError):
    status = 404

    def __init__(self, resource: str) -> None:
        self.code = f"{resource}_not_found"
        super().__init__(f"{in_words(resource)} not found")


class MethodNotAllowed(ApiError):
    status, code, message = 405, "method_not_allowed", "Method not allowed"


class IdempotencyInProgress(ApiError):
    status, code = 409, "idempotency_in_progress"
    message = "A request with this Idempotency-Key is still running"


class PreconditionFailed(ApiError):
    status, code = 412, "precondition_failed"
    message = "The resource is not at a version that If-Match and If-None-Match allow"


class PayloadTooLarge(ApiError):
    status, code, message = 413, "payload_too_large", "The body is over 1 MiB"


class UnsupportedMediaType(ApiError):
    status, code, message = 415, "unsupported_media_type", "The body must be application/json, not compressed"


class ValidationFailed(ApiError):
    """`errors` as Pydantic gives them; loc, msg and type are shown, the rejected value never is."""

    status, code, message = 422, "validation_error", "The request is not valid"

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        reported = [
            {
                "loc": [part[:MAX_NAME_LENGTH] if isinstance(part, str) else part for part in error["loc"]],
                "msg": error["msg"],
                "type": error["type"],
            }
            for error in errors[:MAX_REPORTED_ERRORS]
        ]
        super().__init__(details={"errors": reported})


class ReferenceNotFound(ApiError):
    status = 422

    def __init__(self, resource: str) -> None:
        self.code = f"{resource}_not_found"
        super().__init__(f"{in_words(resource)} not found")


class IdempotencyKeyReused(ApiError):
    status, code = 422, "idempotency_key_reused"
    message = "This Idempotency-Key was used with another request"


class RateLimited(ApiError):
    status, code, message = 429, "rate_limited", "Too many requests, try again later"

    def __init__(self, seconds: int) -> None:
        """`seconds`: until the next call may be admitted."""
        super().__init__(headers={"Retry-After": str(seconds)})


class InternalError(ApiError):
    pass


class DatabaseFailure(ApiError):
    """A database error while writing, in the words of the route."""

    code = "database_error"

    def __init__(self, action: Action) -> None:
        self._action = action
        super().__init__(f"Failed to {action.infinitive}")

    @property
    def log_message(self) -> str:
        return f"Database error occurred while {self._action.gerund}"


class ServiceUnavailable(ApiError):
    status, code, message = 503, "service_unavailable", "Service unavailable, try again shortly"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"Retry-After": "1"})


class LockTimeout(ServiceUnavailable):
    pass


class RetryRequest(ServiceUnavailable):
    """The route runs the request again (shared/http/route.py); a client sees it where that does not help."""

    metric: str  # that counts it


class Conflict(RetryRequest):
    """Another transaction stood in the way of this one, which was rolled back."""

    metric = "Conflict"


class ReplicaFailure(RetryRequest):
    metric = "ReaderFailure"


def as_api_error(error: Exception) -> ApiError:
    """The error that a client sees for `error`."""
    match error:
        case ApiError():
            return error
        case RequestValidationError():
            return ValidationFailed(error.errors())
        case HTTPException(status_code=400):  # FastAPI's only one: the body could not be parsed
            return InvalidJson()
        case HTTPException(status_code=404):
            return NotFound("route")
        case HTTPException(status_code=405):
            return MethodNotAllowed()
    return InternalError()


def error_response(error: ApiError, request_id: str) -> Response:
    body: dict[str, Any] = {"success": False, "error": error.code, "message": error.message}
    if error.details:
        body["details"] = error.details
    body["request_id"] = request_id
    # ASCII escapes: a field name from the request may hold a lone surrogate, which UTF-8 cannot.
    content = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    return Response(content, error.status, error.headers, media_type="application/json")
