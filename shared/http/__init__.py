"""A route as a function: its app and handler, what it takes and answers, how it fails. Knows no database."""

from shared.http.action import Action
from shared.http.app import lambda_handler, one_route_app
from shared.http.entity_tags import Preconditions, etag
from shared.http.errors import (
    ApiError,
    Forbidden,
    InvalidJson,
    NotFound,
    ServiceUnavailable,
    Unauthorized,
    UnsupportedMediaType,
    UserInactive,
    ValidationFailed,
)
from shared.http.fields import (
    PRINTABLE,
    VISIBLE,
    CalendarDate,
    FreeText,
    Id,
    Input,
    Moment,
    Name,
    Output,
    PathId,
    QueryFlag,
    QueryId,
    Time,
)
