"""An operation's responses: its success, its errors by status with their codes, the gateway's own."""

from collections import defaultdict
from typing import Any

from shared.http import ApiError

from infra.tools.names import camel
from infra.tools.openapi.error_responses import (
    GATEWAY,
    GATEWAYS,
    GATEWAYS_OWN,
    THROTTLED,
    error_answer,
    response,
)
from infra.tools.openapi.examples import example_of
from infra.tools.openapi.headers import ALWAYS, headers_of
from infra.tools.openapi.operations import Operation


class Responses:
    """Collects responses that several operations share in `components`."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self.components: dict[str, Any] = {}

    def of(self, operation: Operation, given: dict[str, Any], errors: list[ApiError]) -> dict[str, Any]:
        """Returns the responses by status. `given`: FastAPI's own."""
        made = {
            status: self._success(operation, int(status), given)
            for status, told in given.items()
            if status < "300" or ("content" in told and status not in ("422", "default"))
        }
        if operation.is_conditional_read:
            made["304"] = response("The caller has this version", _headers(operation, 304, given))
        by_status: dict[int, list[ApiError]] = defaultdict(list)
        for error in errors:
            by_status[error.status].append(error)
        for status, some in by_status.items():
            answer = error_answer(status, some, _headers(operation, status, given))
            made[str(status)] = answer if operation.is_file else self._shared(operation, some, answer)
        if operation.is_file:
            made["429"] = THROTTLED
        made["default"] = GATEWAYS_OWN
        return dict(sorted(made.items()))

    def _success(self, operation: Operation, status: int, given: dict[str, Any]) -> dict[str, Any]:
        made = response(_phrase(operation, status), _headers(operation, status, given))
        for kind, media in given[str(status)].get("content", {}).items():
            schema, example = media["schema"], example_of(media["schema"], self._schemas)
            if status in GATEWAYS:
                schema = {"anyOf": [schema, GATEWAY]}
            made.setdefault("content", {})[kind] = {"schema": schema, "example": example}
        return made

    def _shared(self, operation: Operation, errors: list[ApiError], answer: dict[str, Any]) -> dict[str, Any]:
        codes = sorted({each.code for each in errors})
        name = "Or".join(camel(code) for code in codes) + ("" if operation.is_limited else "Unlimited")
        assert self.components.setdefault(name, answer) == answer, name
        return {"$ref": f"#/components/responses/{name}"}


def _headers(operation: Operation, status: int, given: dict[str, Any]) -> list[str]:
    """Returns every answer's header fields, those that the app declares, then those that follow."""
    declared = given.get(str(status), {}).get("headers", {})
    return list(dict.fromkeys([*ALWAYS, *declared, *headers_of(operation, status)]))


def _phrase(operation: Operation, status: int) -> str:
    match status:
        case 201:
            return "Created"
        case 204:
            return "Done"
        case 503:
            return "Not ready"
    described = {"GET": "Read", "PUT": "The changed resource", "DELETE": "The deleted resource"}
    return described.get(operation.method, "Done")
