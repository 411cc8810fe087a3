"""`python -m infra.tools.preflight STAGE`: asks the stage's account each question and says what to do.

It makes one API, to see whether the gateway takes our definition, and deletes it; otherwise it only reads.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from infra.tools.deployment.samconfig import Configuration, configuration
from infra.tools.preflight.questions import Answer, questions


def main(session: boto3.Session, stage: Configuration) -> int:
    """Returns the number of answers that block a deployment."""
    in_the_way = 0
    for service, question in questions(stage):
        try:
            answer = question(session.client(service))  # type: ignore[call-overload]
        except NoRegionError:
            sys.exit("error: no region: set AWS_DEFAULT_REGION, or one in the profile")
        except (BotoCoreError, ClientError) as error:
            answer = Answer(False, question.__name__.replace("_", " "), f"cannot be checked: {error}")
        what = " ".join(answer.what.split())  # the gateway's warnings come on lines of their own
        mark = "ok  " if answer.fine else "DO  " if answer.must else "note"
        print(f"{mark:5}{answer.about}: {what}", flush=True)
        in_the_way += mark == "DO  "
    return in_the_way


if __name__ == "__main__":
    chosen = configuration(sys.argv[1])
    sys.exit(1 if main(chosen.session(), chosen) else 0)
