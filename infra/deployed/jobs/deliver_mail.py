"""Sends mails through SES. It runs outside of the network and knows no database.

Lambda calls it with the record of an invocation of TakeJobs and passes the result to SettleJobs.
Source: AWS Lambda developer guide, "Retaining records of asynchronous invocations".
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mail_texts import render

RESERVE = 25_000  # milliseconds kept for the last mail, in all its attempts, and the answer
# After one of these errors of the account, every further mail would fail too.
# Source: SES API v2, "SendEmail", Errors.
ACCOUNT_ERRORS = {
    "AccountSuspendedException",
    "LimitExceededException",
    "SendingPausedException",
    "TooManyRequestsException",
}


@cache
def _ses() -> Any:
    # The standard mode waits and sends again after a throttled call.
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=4)
    return boto3.client("sesv2", config=config)


def handler(record: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, Any]]]:
    """Returns the claims of the mails that were sent, and of those that were not, with their errors."""
    sent, failed = [], []
    stop = ""  # the reason to send no further mail
    for mail in record["responsePayload"]["mails"]:
        claim = {"id": mail["id"], "attempt": mail["attempt"]}
        if not stop and context.get_remaining_time_in_millis() < RESERVE:
            stop = "not sent: the time is over"
        error = stop
        if not stop:
            error, is_the_accounts = _send(mail)
            stop = error if is_the_accounts else ""
        if error:
            failed.append(claim | {"error": error})
        else:
            sent.append(claim)
    return {"sent": sent, "failed": failed}


def _send(mail: Mapping[str, Any]) -> tuple[str, bool]:
    """Returns the error, if any, and True if every further mail would fail too."""
    subject, text, html = render(mail, os.environ["ACCOUNT_PAGES"])
    body = {"Text": _utf8(text), "Html": _utf8(html)}
    try:
        _ses().send_email(
            FromEmailAddress=os.environ["MAIL_FROM"],
            Destination={"ToAddresses": [mail["to"]]},
            Content={"Simple": {"Subject": _utf8(subject), "Body": body}},
            ConfigurationSetName=os.environ["CONFIGURATION_SET"],
        )
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
        # SettleJobs logs the error, and in the sandbox SES's message has the address.
        return f"{code}: {said.replace(mail['to'], 'the recipient')}", code in ACCOUNT_ERRORS
    except BotoCoreError as error:
        return f"{type(error).__name__}: {error}", True
    return "", False


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
