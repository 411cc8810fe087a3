"""Makes a registered user an admin. The first admin comes from here.

An operator invokes it with the event `{"username": "..."}`.
"""

from typing import Any

from shared.database.engines import engine
from shared.identity.users import grant_admin

from sqlalchemy.orm import Session


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    username = event.get("username")
    if not isinstance(username, str):
        raise ValueError('the event should be {"username": "..."}')
    with Session(engine()) as db, db.begin():
        if not grant_admin(db, username):
            raise ValueError(f"no user is called {username!r}")
    return {"username": username, "role": "admin"}
