"""Settles jobs after Deliver: done, or due again after a pause.

Lambda calls it with the record of an invocation of Deliver. The record holds tokens, so it is never logged.
Source: AWS Lambda developer guide, "Retaining records of asynchronous invocations".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.database.engines import engine
from shared.runtime.observability import logger, measure

from sqlalchemy.orm import Session

from claims import finish, retry

type Outcomes = Sequence[Mapping[str, Any]]


def handler(record: Mapping[str, Any], context: object) -> dict[str, int]:
    """Returns the numbers of mails that were sent and that were not."""
    sent, failed = _outcome(record)
    if sent or failed:  # else it opens no connection
        with Session(engine()) as db, db.begin():
            finish(db, sent)
            retry(db, failed)
        for each in failed:
            logger().warning("A mail was not sent", job=each["id"], error=each["error"])
        measure("MailsSent", len(sent), "Count")
        measure("MailsFailed", len(failed), "Count")
    return {"sent": len(sent), "failed": len(failed)}


def _outcome(record: Mapping[str, Any]) -> tuple[Outcomes, Outcomes]:
    """Returns the claims of mails that were sent, and of those that were not, with their errors.

    If Deliver failed as a whole, the outcome of each mail is unknown, so all are tried again.
    """
    if record["requestContext"]["condition"] == "Success":
        return record["responsePayload"]["sent"], record["responsePayload"]["failed"]
    answer = record.get("responsePayload")
    error = answer.get("errorMessage") if isinstance(answer, Mapping) else None
    reason = f"Deliver: {error or record['requestContext']['condition']}"
    mails = record["requestPayload"]["responsePayload"]["mails"]
    return [], [{"id": mail["id"], "attempt": mail["attempt"], "error": reason} for mail in mails]
