"""`python -m infra.local.admin USER`: make a user of the running stack an admin."""

import sys

from shared.identity.users import grant_admin

from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from infra.emulator.failure import Failure
from infra.local.config import read_config
from infra.local.state import read_state


def main() -> None:
    if len(sys.argv) != 2:
        raise Failure("name the user: make admin USER=alice")
    [_, username] = sys.argv
    engine = create_engine(read_state(read_config()).database_url, poolclass=NullPool)
    with Session(engine) as db, db.begin():
        if not grant_admin(db, username):
            raise Failure(f"no user is called {username}")
    print(f"{username} is an admin, within 30 s everywhere")


try:
    main()
except Failure as failure:
    sys.exit(f"error: {failure}")
