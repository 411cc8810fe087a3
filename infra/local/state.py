"""What other commands need of the running stack, kept in its data folder while it runs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.identity.issuing import Issuer
from shared.identity.keys import FileKey

from infra.emulator.failure import Failure
from infra.local.config import Config
from infra.local.files import write_private
from infra.local.lock import is_locked


@dataclass(frozen=True)
class State:
    database_url: str
    issuer: Issuer


@contextmanager
def published(config: Config, state: State) -> Iterator[None]:
    issuer = state.issuer
    saved = {"database_url": state.database_url, "issuer": issuer.url, "audience": issuer.audience}
    write_private(config.state_file, json.dumps(saved).encode())
    try:
        yield
    finally:
        config.state_file.unlink(missing_ok=True)


def read_state(config: Config) -> State:
    """Errors: Failure, where no stack runs."""
    if not is_locked(config) or not config.state_file.exists():  # a killed stack leaves its file
        raise Failure(f"no stack is running with its data in {config.data_dir}: make run")
    saved = json.loads(config.state_file.read_text())
    issuer = Issuer(saved["issuer"], saved["audience"], FileKey(config.key_file))
    return State(saved["database_url"], issuer)
