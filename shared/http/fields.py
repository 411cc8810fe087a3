"""The types that requests and answers are made of."""

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
    # Pydantic alone would also read " 7", "+7", "7.0" and "1_000".
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and value[0] != "0"):
        raise PydanticCustomError("int_parsing", "Input should be a positive integer")
    return value


PathId = Annotated[int, BeforeValidator(_decimal), Path(alias="id", ge=1, le=MAX_ID)]
QueryId = Annotated[int | None, BeforeValidator(_decimal), Query(ge=1, le=MAX_ID)]
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
FreeText = Annotated[str, StringConstraints(max_length=10_000, pattern=PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=PRINTABLE)]


# The database answers in its session's time zone.
Time = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]


class Input(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Output(BaseModel):
    """A representation, made from a row by `model_validate(row)`."""

    model_config = ConfigDict(from_attributes=True)
