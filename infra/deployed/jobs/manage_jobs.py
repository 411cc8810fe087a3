"""Lists the dead jobs, makes them due again or deletes them. An operator invokes it: `make jobs`.

The event is `{"do": "list"}`, `{"do": "rerun", "ids": [1, 2]}` or `{"do": "drop", "ids": []}`; without ids it
is about all dead jobs.
"""

from typing import Any

from shared.database.engines import engine
from shared.jobs import count_by_state, drop_dead, list_dead, rerun_dead

from sqlalchemy.orm import Session

CHANGES = {"rerun": rerun_dead, "drop": drop_dead}
LISTED = 100


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Returns the number of changed jobs, the numbers by state, and the newest dead jobs."""
    with Session(engine()) as db, db.begin():
        change = CHANGES.get(event["do"])
        changed = change(db, event["ids"]) if change else 0
        return {"changed": changed, "states": count_by_state(db), "dead": list_dead(db, LISTED)}
