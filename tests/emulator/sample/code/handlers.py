import json
import os
import sys
import time
from pathlib import Path


def echo(event, context):
    return event


def answer(event, context):
    return json.loads(event["body"])


def do(event, context):
    match json.loads(event["body"]):
        case "raise":
            raise ValueError("on purpose")
        case "exit":
            sys.exit(3)
        case "die":
            os._exit(4)
        case "environment":
            return {"environment": dict(os.environ), "pid": os.getpid()}
        case "context":
            return {
                "memory": context.memory_limit_in_mb,
                "name": context.function_name,
                "remaining": context.get_remaining_time_in_millis(),
                "request_id": context.aws_request_id,
            }
        case "emoji":
            return "\U0001f600" * 10**6  # 4 MB, 12 MB once escaped
        case "big":
            return "x" * (6 * 2**20 + 99)  # with its quotes a byte too many
    return "nothing to do"


def hang(event, context):
    time.sleep(60)


def hold(event, context):
    """Its body is the name of a call: writes that down, then waits for the call's file `<name>.go`."""
    folder, name = Path(os.environ["FOLDER"]), json.loads(event["body"])
    (folder / f"{name}.begun").touch()
    while not (folder / f"{name}.go").exists():
        time.sleep(0.01)
    with (folder / "ended").open("a") as ended:
        ended.write(f"{name} ")
    return {"pid": os.getpid()}
