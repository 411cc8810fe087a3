"""The types that requests and answers are made of."""

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
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


def _calendar_date(value: object) -> date:
    # Pydantic alone would also read a number of seconds, and a time at midnight; Python, a day of a week.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("date_parsing", "Input should be a date such as 2026-11-20")


_RFC_3339 = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"


def _moment(value: object) -> datetime:
    # Pydantic alone would also read a number of seconds, and a time without its offset from UTC.
    if isinstance(value, str) and re.fullmatch(_RFC_3339, value):
        with suppress(ValueError, OverflowError):  # the second: outside of the years 1 to 9999 in UTC
            return datetime.fromisoformat(value).astimezone(UTC)
    raise PydanticCustomError("datetime_parsing", "Input should be a time such as 2026-11-20T09:30:00Z")


# The database can store and compare these, and a session in any time zone can show them.
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
StoredTime = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]

# Default-ignorable code points and blanks beyond the categories of white space and format characters.
BLANK = re.compile(
    "[\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U00013441\U0001d159\U000e0000-\U000e0fff]"
)


def _visible(name: str) -> str:
    unseen = {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"}  # a mark that joins to nothing shows nothing
    if all(unicodedata.category(each) in unseen or BLANK.match(each) for each in name):
        raise PydanticCustomError("blank_name", "Input should show at least one character")
    return name


VISIBLE = AfterValidator(_visible)  # ZWJ and ZWNJ inside a name are fine, and needed
DECIMAL = BeforeValidator(_decimal)
PathId = Annotated[int, DECIMAL, Path(alias="id", description="The id of the resource", ge=1, le=MAX_ID)]
QueryId = Annotated[int | None, DECIMAL, Query(ge=1, le=MAX_ID)]
QueryFlag = Annotated[bool | None, BeforeValidator(_flag), Query()]
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
FreeText = Annotated[str, StringConstraints(max_length=10_000, pattern=PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=PRINTABLE), VISIBLE]
# In a body and in a query string alike.
CalendarDate = Annotated[date, BeforeValidator(_calendar_date)]
Moment = Annotated[StoredTime, BeforeValidator(_moment)]

# The database answers in its session's time zone.
Time = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]


class Input(BaseModel):
    """A request body: unknown fields are refused, and so are look-alikes, such as "1" or 1.0 for 1."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Output(BaseModel):
    """A representation, made from a row by `model_validate(row)`."""

    model_config = ConfigDict(
        from_attributes=True,
        hide_input_in_errors=True,  # an error is logged
        json_schema_serialization_defaults_required=True,  # answers hold every field
    )
