"""`python -m infra.local.admin USER`: makes a user of the running stack an admin."""

import sys

from shared.identity.users import grant_admin

from sqlalchemy.orm import Session

from infra.emulator.command_error import CommandError
from infra.local.command import run
from infra.local.config import read_config
from infra.local.running_stack import read_state
from infra.local.users import transaction


def main() -> None:
    if len(sys.argv) != 2:
        raise CommandError("name the user: make admin USER=alice")
    [_, username] = sys.argv
    with transaction(read_state(read_config()).database_url) as db:
        if not grant_admin(Session(db), username):
            raise CommandError(f"no user is called {username}")
    print(f"{username} is an admin; all functions know it within 30 s")


run(main)
