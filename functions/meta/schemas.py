from typing import Literal

from shared.http import Output
from shared.runtime.product import TITLE

from pydantic import Field

type UpOrDown = Literal["ok", "down"]


class About(Output):
    name: str = Field(examples=[TITLE])
    version: str = Field(examples=["0.1.0"])
    docs: str = Field(description="The path of a page that explains the API", examples=["/docs"])
    openapi: str = Field(description="The path of the OpenAPI document", examples=["/openapi.json"])


class Health(Output):
    status: Literal["ok"]


class DatabaseCheck(Output):
    status: UpOrDown = Field(description="`down` if the database does not answer")
    latency_ms: float | None = Field(description="Milliseconds; null if the database is down", examples=[1.4])


class CacheCheck(Output):
    status: UpOrDown = Field(description="`down` if the cache does not answer")


class Checks(Output):
    database: DatabaseCheck
    cache: CacheCheck


class Readiness(Output):
    """The state of the API, at most 5 seconds old."""

    status: UpOrDown = Field(description="The database's status: the API works without its cache")
    version: str = Field(description="The API's version", examples=["0.1.0"])
    checks: Checks
