"""`python -m infra.tools.preflight`: asks the account and region each question and says what to do.

It makes one API, to see whether the gateway takes our definition, and deletes it; otherwise it only reads.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from infra.tools.preflight.questions import QUESTIONS, Answer


def main(session: boto3.Session) -> int:
    """How many answers stand in the way of a deployment."""
    in_the_way = 0
    for service, question in QUESTIONS:
        try:
            answer = question(session.client(service))  # type: ignore[call-overload]
        except NoRegionError:
            sys.exit("error: no region: set AWS_REGION, or one in the profile")
        except (BotoCoreError, ClientError) as error:
            answer = Answer(False, question.__name__.replace("_", " "), f"cannot be asked: {error}")
        what = " ".join(answer.what.split())  # the gateway's warnings come on lines of their own
        print(f"{'ok  ' if answer.fine else 'DO  '}{answer.about}: {what}", flush=True)
        in_the_way += not answer.fine
    return in_the_way


if __name__ == "__main__":
    sys.exit(1 if main(boto3.Session()) else 0)
