"""`python -m infra.local.token [USER]`: prints an access token for a user of the running stack."""

import sys

from shared.identity.users import name_key
from shared.models.users import User

from sqlalchemy import exists, select

from infra.local.command import run
from infra.local.config import read_config
from infra.local.running_stack import read_state
from infra.local.users import DEMO, token_for, transaction


def main() -> None:
    state = read_state(read_config())
    username = sys.argv[1] if len(sys.argv) > 1 else DEMO
    with transaction(state.database_url) as db:
        is_there = db.scalar(select(exists().where(User.username_key == name_key(username))))
    print(token_for(username, state.database_url, state.issuer))
    if not is_there:  # the name may be mistyped
        print(f"{username} is a new user, without a password", file=sys.stderr)


run(main)
