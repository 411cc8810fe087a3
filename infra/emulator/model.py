"""The parts of a template that the emulator serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

DEFAULT = "$default"  # the path of the route for requests that no other route matches


@dataclass(frozen=True)
class Function:
    name: str  # the logical id
    physical_name: str  # FunctionName
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout: float  # seconds
    memory: int  # MB
    reserved_concurrency: int | None
    alias: str | None
    debugger: int | None = None  # the port on which its worker waits for a debugger
    on_success: str | None = None  # the functions that get the records of asynchronous invocations
    on_failure: str | None = None


@dataclass(frozen=True)
class Authorizer:
    issuer: str
    audience: tuple[str, ...]
    header: str  # holds the token; in lower case


@dataclass(frozen=True)
class Route:
    method: str  # ANY for all methods
    path: str
    function: str
    authorizer: str | None
    scopes: tuple[str, ...]
    timeout: float  # seconds
    rate: float | None = None  # requests a second, in place of the stage's
    burst: float | None = None

    @property
    def key(self) -> str:
        return DEFAULT if self.path == DEFAULT else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Cors:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    credentials: bool
    max_age: int | None


class LeftOut(NamedTuple):
    """A declaration that is not served; or, if `is_variable`, a function's variable without a value."""

    name: str
    reason: str
    is_variable: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass
class Template:
    environment: Mapping[str, str] = field(default_factory=dict)  # of all functions
    functions: dict[str, Function] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    authorizers: dict[str, Authorizer] = field(default_factory=dict)
    cors: Cors | None = None
    rate: float | None = None  # requests a second
    burst: float | None = None
    stage: str = DEFAULT  # a named one is a part of the path
    stage_variables: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
