"""Lists the dead jobs, makes them due again or deletes them. An operator invokes it: `make jobs`.

The event is `{"do": "list"}`, `{"do": "rerun", "ids": [1, 2]}` or `{"do": "drop", "ids": []}`; without ids it
is about all dead jobs.
"""

from typing import Any

from shared.database.engines import engine
from shared.jobs import manage_dead

from sqlalchemy.orm import Session


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Returns the number of changed jobs, the numbers by state, and the newest dead jobs."""
    with Session(engine()) as db, db.begin():
        return manage_dead(db, event["do"], event["ids"])
