"""The types that requests and answers are made of."""

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

MAX_ID = 2**63 - 1

# No C0 control characters save tab, newline and carriage return. A pattern also makes Pydantic refuse
# lone surrogates, which raise in the middle of a message to the database.
PRINTABLE = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F]*$"


def _decimal(value: object) -> object:
    # Pydantic alone would also read " 7", "+7", "7.0", "07" and "1_000".
    if isinstance(value, str) and not re.fullmatch("0|[1-9][0-9]*", value):
        raise PydanticCustomError("int_parsing", "Input should be an integer in decimal digits")
    return value


def _flag(value: object) -> object:
    # Pydantic alone would also read "yes", "on", "1" and the like.
    if isinstance(value, str) and value not in {"true", "false"}:
        raise PydanticCustomError("bool_parsing", "Input should be true or false")
    return value


DECIMAL = BeforeValidator(_decimal)
PathId = Annotated[int, DECIMAL, Path(alias="id", description="Its id", ge=1, le=MAX_ID)]
QueryId = Annotated[int | None, DECIMAL, Query(ge=1, le=MAX_ID)]
QueryFlag = Annotated[bool | None, BeforeValidator(_flag), Query()]
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
FreeText = Annotated[str, StringConstraints(max_length=10_000, pattern=PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=PRINTABLE)]


# The database answers in its session's time zone.
Time = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]


class Input(BaseModel):
    """A request body: unknown fields are refused, and so are look-alikes, such as "1" or 1.0 for 1."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Output(BaseModel):
    """A representation, made from a row by `model_validate(row)`."""

    model_config = ConfigDict(from_attributes=True, hide_input_in_errors=True)  # an error is logged
