"""Settles jobs after Deliver: done, or due again after a pause.

Lambda calls it with the record of an invocation of Deliver. The record holds tokens, so no line logs it.
Source: AWS Lambda developer guide, "Retaining records of asynchronous invocations".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.database.engines import engine
from shared.runtime.observability import logger, measure

from sqlalchemy.orm import Session

from claims import finish, retry


def handler(record: Mapping[str, Any], context: object) -> dict[str, int]:
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


type Outcomes = Sequence[Mapping[str, Any]]


def _outcome(record: Mapping[str, Any]) -> tuple[Outcomes, Outcomes]:
    """Returns what was sent and what was not. If Deliver failed as a whole, nobody knows: all is retried."""
    if record["requestContext"]["condition"] == "Success":
        return record["responsePayload"]["sent"], record["responsePayload"]["failed"]
    answer = record.get("responsePayload")
    error = answer.get("errorMessage") if isinstance(answer, Mapping) else None
    reason = f"Deliver: {error or record['requestContext']['condition']}"
    mails = record["requestPayload"]["responsePayload"]["mails"]
    return [], [{"id": mail["id"], "attempt": mail["attempt"], "error": reason} for mail in mails]
