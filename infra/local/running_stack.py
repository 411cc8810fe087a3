"""The running stack's state, kept in its data folder for other commands."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.identity.issuing import Issuer
from shared.identity.keys import FileKey

from infra.emulator.command_error import CommandError
from infra.local.atomic_files import write_private
from infra.local.config import Config
from infra.local.lock import holder, is_locked


@dataclass(frozen=True)
class State:
    """`database_url`: for functions. `owner_url`: may change the schema. `own_database`: the stack's own."""

    database_url: str
    owner_url: str
    own_database: bool
    issuer: Issuer


@contextmanager
def published(config: Config, state: State) -> Iterator[None]:
    saved = {
        "database_url": state.database_url,
        "owner_url": state.owner_url,
        "own_database": state.own_database,
        "issuer": state.issuer.url,
        "audience": state.issuer.audience,
    }
    write_private(config.state_file, json.dumps(saved).encode())
    try:
        yield
    finally:
        config.state_file.unlink(missing_ok=True)


def read_state(config: Config) -> State:
    """Errors: CommandError, if no stack runs or it is not ready."""
    if not is_locked(config):
        raise CommandError(f"no stack is running with its data in {config.data_dir}: start one with make run")
    try:
        saved = json.loads(config.state_file.read_text())
    except FileNotFoundError:
        raise CommandError(f"{holder(config)} is not ready yet: wait for its line `ready`") from None
    issuer = Issuer(saved["issuer"], saved["audience"], FileKey(config.key_file))
    return State(saved["database_url"], saved["owner_url"], saved["own_database"], issuer)
