"""Marks the addresses of existing users as verified, before REQUIRE_VERIFIED_EMAIL is turned on.

An operator invokes it with the event `{}`. If the answer is not done, invoke it again with the answer's
`after`: the ids up to there are done.
"""

from typing import Any

from shared.database.engines import engine
from shared.models.users import User

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

BATCH = 2_000  # rows, locked until the batch is committed
MIN_TIME_LEFT_MS = 10_000  # of the function, for one more batch


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    after, verified = int(event.get("after", 0)), 0
    with Session(engine()) as db:
        last = db.scalar(select(func.max(User.id))) or 0
    while after < last and context.get_remaining_time_in_millis() > MIN_TIME_LEFT_MS:
        batch = (User.id > after, User.id <= after + BATCH, User.email_key.is_not(None), ~User.email_verified)
        mark = update(User).where(*batch).values(verified_email_key=User.email_key).returning(User.id)
        with Session(engine()) as db, db.begin():
            verified += len(db.execute(mark, execution_options={"synchronize_session": False}).all())
        after += BATCH
    return {"verified": verified, "after": after, "done": after >= last}
