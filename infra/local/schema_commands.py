"""`python -m infra.local.schema_commands migrate | compare | reset`, with the owner's rights.

Uses the database of DATABASE_URL, of the running stack, or one started for the command.
"""

import json
import sys
from dataclasses import asdict

from infra.deployed.migrations.comparison import compare
from infra.domains import abandoned_tables
from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.schema_upgrade import migrate, reset
from infra.local.stack_database import database_at_hand


def main() -> None:
    config = read_config()
    match sys.argv[1:]:
        case ["migrate"]:
            with database_at_hand(config, "make migrate") as database:
                migrate(database.owner_url)
        case ["compare"]:
            with database_at_hand(config, "a comparison") as database:
                print(json.dumps(asdict(compare(database.owner_url, abandoned_tables()))))
        case ["reset"]:
            if config.database_url:
                raise CommandError(
                    "make reset empties only the stack's own database, not the one of DATABASE_URL"
                )
            with database_at_hand(config, "make reset") as database:
                if not database.own:
                    raise CommandError(
                        "make reset empties only the stack's own database; the running stack uses another one"
                    )
                reset(database.owner_url)
        case _:
            sys.exit(__doc__)


run(main)
