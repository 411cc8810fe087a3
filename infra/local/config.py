"""Settings from the environment or `.env`.

HOST, PORT, DATA_DIR, DATABASE_URL, ALLOWED_HOSTS, ALLOWED_ORIGINS, MAX_WORKERS, LOG_LEVEL, LOGS,
DEBUG_FUNCTION, DEBUG_PORT, BUILT, BUILD_DIR; and for the functions REDIS_URL, RATE_LIMIT,
SERVICE_RATE_LIMIT, SIGN_IN_RATE_LIMIT, REGISTRATION, REQUIRE_VERIFIED_EMAIL.
"""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.settings import Settings, SettingsError

from dotenv import load_dotenv

from infra.emulator.command_error import CommandError
from infra.emulator.records import DEFAULT_LEVEL
from infra.emulator.template_yaml import parse
from infra.local.database_url import with_driver

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Config:
    host: str
    port: int
    data_dir: Path
    database_url: str | None  # in SQLAlchemy's form
    build_dir: Path | None  # None: run the sources
    allowed_hosts: tuple[str, ...] = ()  # served in addition to HOST, addresses and localhost
    max_workers: int | None = None  # None: as many as this machine can run
    log_level: str = DEFAULT_LEVEL
    logs: tuple[str, ...] = ()  # operations whose log lines appear; empty for all
    debug_function: str | None = None  # the operation whose worker waits for a debugger
    debug_port: int = 5678

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def template_file(self) -> Path:
        return (self.build_dir or ROOT) / "template.yaml"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "issuer-key.pem"

    @property
    def state_file(self) -> Path:
        """The file from which other commands read the running stack's state."""
        return self.data_dir / "stack.json"


def read_config() -> Config:
    """Errors: CommandError, for an invalid value."""
    load_dotenv(ROOT / ".env")
    functions = Settings()
    try:  # checked here, since a function reads them only at its first call
        _ = functions.redis_url, functions.rate_limit, functions.sign_in_rate_limit, functions.log_level
        _ = functions.registration, functions.requires_verified_email
    except SettingsError as error:
        raise CommandError(str(error)) from None
    template_parameters()  # checked before anything starts
    database_url = os.environ.get("DATABASE_URL")
    return Config(
        host=os.environ.get("HOST") or "127.0.0.1",
        port=_port("PORT", "3000"),
        data_dir=(ROOT / (os.environ.get("DATA_DIR") or ".local")).resolve(),
        database_url=with_driver(database_url) if database_url else None,
        build_dir=_build_dir() if os.environ.get("BUILT") else None,
        allowed_hosts=_names("ALLOWED_HOSTS"),
        max_workers=_max_workers(),
        log_level=functions.log_level,
        logs=_names("LOGS"),
        debug_function=os.environ.get("DEBUG_FUNCTION") or None,
        debug_port=_port("DEBUG_PORT", "5678"),
    )


def _port(variable: str, default: str) -> int:
    port = os.environ.get(variable) or default
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise CommandError(f"{variable} is {port!r}; it should be a number from 1 to 65535")
    return int(port)


def _names(variable: str) -> tuple[str, ...]:
    return tuple(os.environ.get(variable, "").replace(",", " ").split())


def _max_workers() -> int | None:
    number = os.environ.get("MAX_WORKERS") or None
    if number is not None and not (number.isdecimal() and int(number) > 0):
        raise CommandError(f"MAX_WORKERS is {number!r}; it should be a number from 1")
    return int(number) if number else None


def _build_dir() -> Path:
    folder = (ROOT / (os.environ.get("BUILD_DIR") or ".aws-sam/build")).resolve()
    if not (folder / "template.yaml").exists():
        raise CommandError(f"there is no build in {folder}: run make build")
    return folder


def template_parameters() -> dict[str, str]:
    """Returns the parameters that samconfig.toml and ALLOWED_ORIGINS set. Errors: CommandError."""
    local = tomllib.loads((ROOT / "samconfig.toml").read_text())["local"]
    pairs = local["deploy"]["parameters"]["parameter_overrides"].split()
    origins = ",".join(_names("ALLOWED_ORIGINS"))
    return dict(pair.split("=", 1) for pair in pairs) | (_allowed_origins(origins) if origins else {})


def _allowed_origins(origins: str) -> dict[str, str]:
    parameter = parse(ROOT / "template.yaml")["Parameters"]["AllowedOrigins"]
    if not re.fullmatch(parameter["AllowedPattern"], origins):
        raise CommandError(
            f"ALLOWED_ORIGINS is {origins!r}; it should be {parameter['ConstraintDescription']}"
        )
    return {"AllowedOrigins": origins}
