"""An operation's responses: its success, its errors by status with their codes, the gateway's own."""

from collections import defaultdict
from typing import Any

from shared.http import ApiError

from infra.tools.names import camel
from infra.tools.openapi.error_responses import (
    GATEWAY,
    GATEWAYS,
    GATEWAYS_OWN,
    error_answer,
    gateways_own,
    response,
    throttled,
)
from infra.tools.openapi.examples import example_of
from infra.tools.openapi.headers import headers_of
from infra.tools.openapi.operations import Operation


class Responses:
    """Collects responses that several operations share in `components`."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self.components: dict[str, Any] = {"GatewaysOwn": gateways_own(), "Throttled": throttled()}

    def of(self, operation: Operation, given: dict[str, Any], errors: list[ApiError]) -> dict[str, Any]:
        """Returns the responses by status. `given`: FastAPI's own."""
        made = {
            status: self._success(operation, int(status), told)
            for status, told in given.items()
            if status not in ("422", "default")
        }
        if operation.is_conditional_read:
            made["304"] = response("The caller has this version", headers_of(operation, 304))
        by_status: dict[int, list[ApiError]] = defaultdict(list)
        for error in errors:
            by_status[error.status].append(error)
        for status, some in by_status.items():
            made[str(status)] = {"$ref": f"#/components/responses/{self._shared(operation, status, some)}"}
        made["default"] = GATEWAYS_OWN
        return dict(sorted(made.items()))

    def _success(self, operation: Operation, status: int, told: dict[str, Any]) -> dict[str, Any]:
        made = response(_phrase(operation, status), headers_of(operation, status))
        for kind, media in told.get("content", {}).items():
            schema, example = media["schema"], example_of(media["schema"], self._schemas)
            if status in GATEWAYS:
                schema = {"anyOf": [schema, GATEWAY]}
            made.setdefault("content", {})[kind] = {"schema": schema, "example": example}
        return made

    def _shared(self, operation: Operation, status: int, errors: list[ApiError]) -> str:
        codes = sorted({each.code for each in errors})
        name = "Or".join(camel(code) for code in codes) + ("" if operation.is_limited else "Unlimited")
        made = error_answer(status, errors, list(headers_of(operation, status)))
        assert self.components.setdefault(name, made) == made, name
        return name


def _phrase(operation: Operation, status: int) -> str:
    match status:
        case 201:
            return "Created"
        case 204:
            return "Done"
        case 503:
            return "Not ready"
    return {"GET": "Read", "PUT": "As it is now", "DELETE": "As it was"}.get(operation.method, "Done")
