"""`python -m infra.local.psql`: opens psql on the stack's database, as its owner. Takes psql's arguments."""

import os
import shutil
import signal
import subprocess
import sys

from sqlalchemy import make_url

from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.postgres_binaries import find_binaries
from infra.local.stack_database import database_at_hand


def main() -> None:
    with database_at_hand(read_config(), "make db") as database:
        url = make_url(database.owner_url)
        variables = {
            "PGHOST": url.host,
            "PGPORT": str(url.port or 5432),
            "PGUSER": url.username,
            "PGPASSWORD": url.password,
            "PGDATABASE": url.database,
        }
        program = _program(f"{url.host}:{url.port or 5432}")
        signal.signal(signal.SIGINT, lambda *_: None)  # psql handles Ctrl-C: it cancels a query
        known = {name: value for name, value in variables.items() if value}
        sys.exit(subprocess.run([program, *sys.argv[1:]], env=os.environ | known, check=False).returncode)


def _program(place: str) -> str:
    found = shutil.which("psql")
    if found is None:
        try:
            found = shutil.which("psql", path=find_binaries())
        except CommandError:
            found = None  # DATABASE_URL names another database
    if found is None:
        raise CommandError(
            f"psql is missing: install the package postgresql-client; the database is at {place}"
        )
    return found


run(main)
