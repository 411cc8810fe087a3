"""A typed client of the API, made from its OpenAPI document."""

from .api_error import ApiError
from .lists import rows, rows_async
from .session import ApiClient

__all__ = ("ApiClient", "ApiError", "rows", "rows_async")
