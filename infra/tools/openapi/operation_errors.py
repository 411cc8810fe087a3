"""Finds a route's possible errors from its dependencies, its models' constraints and its docstring."""

import re
from collections.abc import Iterator
from typing import Any

from shared.database import PublicSession, ReadSession, WriteSession
from shared.database.pages import PageQuery
from shared.http import (
    Action,
    ApiError,
    Forbidden,
    InvalidJson,
    NotFound,
    ServiceUnavailable,
    Unauthorized,
    UnsupportedMediaType,
    UserInactive,
)
from shared.http.errors import (
    AlreadyExists,
    DatabaseFailure,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InsufficientScope,
    InternalError,
    InvalidCursor,
    PayloadTooLarge,
    PreconditionFailed,
    RateLimited,
    ReferenceNotFound,
    ValidationFailed,
)
from shared.identity.callers import Admin, CurrentUser
from shared.models.base import Base

from sqlalchemy import Constraint

from infra.tools.openapi.operations import Operation

NOT_VALID = {"loc": ["query", "colour"], "msg": "Unknown query parameter", "type": "extra_forbidden"}


def errors_of(operation: Operation, body: set[str] | None, resources: dict[str, str]) -> list[ApiError]:
    """Returns the possible errors. `body`: the names of its fields, None for a route without a body.

    `resources`: those that paths name by their id.
    """
    found = [*_of_dependencies(operation), *_of_body(operation, body)]
    found += _of_models(operation, body or set(), resources)
    known = _by_code()
    return found + [known[code]() for code in operation.docstring.errors]


def _of_dependencies(operation: Operation) -> Iterator[ApiError]:
    if not operation.is_file:
        yield ValidationFailed([NOT_VALID])
    if operation.is_limited:
        yield RateLimited(60)
    if operation.depends_on(CurrentUser):
        yield from (Unauthorized(), UserInactive(), InsufficientScope())
    if operation.depends_on(Admin):
        yield Forbidden()
    if operation.depends_on(PageQuery):
        yield InvalidCursor()
    if operation.takes_header("If-Match") or operation.is_conditional_read:
        yield PreconditionFailed()
    if operation.takes_header("Idempotency-Key"):
        yield from (IdempotencyInProgress(), IdempotencyKeyReused())
    if operation.depends_on(ReadSession) or operation.depends_on(PublicSession):
        yield from (ServiceUnavailable(), InternalError())
    if operation.depends_on(WriteSession):
        yield DatabaseFailure(Action.named("update_user"))  # each route has its own words


def _of_body(operation: Operation, body: set[str] | None) -> Iterator[ApiError]:
    if body is not None:
        yield from (InvalidJson(), PayloadTooLarge(), UnsupportedMediaType())


def _of_models(operation: Operation, body: set[str], resources: dict[str, str]) -> Iterator[ApiError]:
    """Yields errors for absent and taken rows, by the constraints' `info` (shared/models/base.py)."""
    if (named := re.match(r".*?/\{id\}", operation.path)) is not None:
        yield NotFound(resources[named[0]])
    if not operation.depends_on(WriteSession):
        return
    for constraint in _constraints(Base.mapped_tables()):
        missing = constraint.info.get("missing")
        if missing and body & {f"{missing}_id", f"{missing}_ids"}:
            yield ReferenceNotFound(missing)
    shown = [model.__table__ for model in _models() if model.__name__ == operation.shown]
    for constraint in _constraints(shown):
        taken = constraint.info.get("taken")
        if taken and (taken[0] in body or operation.name == f"create_{taken[0]}"):
            yield AlreadyExists(*taken)


def _constraints(tables: list[Any]) -> Iterator[Constraint]:
    for table in tables:
        yield from sorted(table.constraints, key=lambda each: str(each.name))


def _models() -> list[type[Base]]:
    return [mapper.class_ for mapper in Base.registry.mappers]


def _by_code() -> dict[str, Any]:
    def tree(of: type[ApiError]) -> Iterator[type[ApiError]]:
        yield of
        for each in of.__subclasses__():
            yield from tree(each)

    return {each.code: each for each in tree(ApiError)}
